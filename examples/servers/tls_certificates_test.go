//go:build servers

package servers

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"wshealthz/internal/testbed"
)

// tlsFiles returns the files of tlsServers: certificates that browsers take and crypto/x509 did not, and others. roots.pem
// has the authorities of all of them, client.pem is what client.example demands.
func tlsFiles(t *testing.T) map[string]string {
	t.Helper()
	root := testbed.Certificate{Names: []string{"root"}}.Make(t)
	constrained := testbed.Certificate{Issuer: root, Change: constrain(t, "Ours")}.Make(t)
	own := testbed.Certificate{Names: []string{"own authority"}}.Make(t)
	other := testbed.Certificate{Names: []string{"other authority"}}.Make(t)
	files := map[string]string{
		"own.pem": pemOf(t, own), "other.pem": pemOf(t, other),
		"client.pem":           pemOf(t, testbed.Certificate{Names: []string{"client"}, Issuer: own}.Make(t)),
		"negative.example.pem": withOpenSSL(t, "negative.example", "", "-set_serial", "-5"),
		"unparsed.example.pem": withOpenSSL(t, "unparsed.example", ",URI:http://[x/"),
	}
	for _, name := range []string{"plain.example", "client.example"} {
		files[name+".pem"] = pemOf(t, testbed.Certificate{Names: []string{name}, Issuer: root}.Make(t))
	}
	for _, organization := range []string{"Ours", "Theirs"} {
		name := strings.ToLower(organization) + ".example"
		files[name+".pem"] = pemOf(t, testbed.Certificate{Names: []string{name}, Issuer: constrained, Change: subject(organization)}.Make(t), constrained)
	}
	constrainedRoot := testbed.Certificate{Change: constrain(t, "Ours")}.Make(t)
	files["rooted.example.pem"] = pemOf(t, testbed.Certificate{Names: []string{"rooted.example"}, Issuer: constrainedRoot, Change: subject("Ours")}.Make(t))
	files["roots.pem"] = pemOf(t, root) + files["negative.example.pem"] + pemOf(t, constrainedRoot)
	return files
}

// constrain makes an authority of a template, whose critical name constraints permit only subjects of an organization.
func constrain(t *testing.T, organization string) func(*x509.Certificate) {
	type subtree struct{ Base asn1.RawValue }
	name, err := asn1.Marshal(pkix.Name{Organization: []string{organization}}.ToRDNSequence())
	if err != nil {
		t.Fatal(err)
	}
	value, err := asn1.Marshal(struct {
		Permitted []subtree `asn1:"tag:0"`
	}{[]subtree{{asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 4, IsCompound: true, Bytes: name}}}})
	if err != nil {
		t.Fatal(err)
	}
	return func(template *x509.Certificate) {
		template.Subject = pkix.Name{CommonName: "constrained authority"}
		template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
		template.DNSNames, template.IPAddresses = nil, nil
		template.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 30}, Critical: true, Value: value}}
	}
}

// subject replaces a template's subject.
func subject(organization string) func(*x509.Certificate) {
	return func(template *x509.Certificate) { template.Subject = pkix.Name{Organization: []string{organization}} }
}

// pemOf returns the certificate, those of its authorities, and its key.
func pemOf(t *testing.T, pair *testbed.Pair, authorities ...*testbed.Pair) string {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, p := range append([]*testbed.Pair{pair}, authorities...) {
		pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: p.Leaf.Raw})
	}
	pem.Encode(&text, &pem.Block{Type: "PRIVATE KEY", Bytes: key})
	return text.String()
}

// withOpenSSL returns a self-signed certificate that crypto/x509 would not make, and its key. moreNames follow the DNS name
// in the alternative names.
func withOpenSSL(t *testing.T, name, moreNames string, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert"), filepath.Join(dir, "key")
	command := exec.Command("openssl", append([]string{"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
		"-subj", "/CN=" + name, "-addext", "subjectAltName=DNS:" + name + moreNames, "-keyout", key, "-out", cert}, args...)...)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("openssl: %v\n%s", err, out)
	}
	var text strings.Builder
	for _, path := range []string{cert, key} {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(content)
	}
	return text.String()
}
