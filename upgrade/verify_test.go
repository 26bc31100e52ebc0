package upgrade

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"net"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"wshealthz/internal/testbed"
)

// A constrained chain is a root, an authority whose name constraints are given, and a server's certificate.
type constrained struct {
	critical            bool
	permitted, excluded []asn1.RawValue
	subject             pkix.Name
	change              func(*x509.Certificate) // of the server's template
	authority           func(*x509.Certificate) // of the authority's template
	asRoot              bool                    // the authority is the root
}

// make returns the server's chain without the root, the root, and the server's certificate with its key.
func (c constrained) make(t *testing.T) (chain []*x509.Certificate, root *x509.Certificate, pair *testbed.Pair) {
	t.Helper()
	constrain := func(template *x509.Certificate) {
		template.Subject = pkix.Name{CommonName: "constrained authority"}
		template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
		template.DNSNames, template.IPAddresses = nil, nil
		template.ExtraExtensions = append(template.ExtraExtensions, constraintsExtension(t, c.critical, c.permitted, c.excluded))
		if c.authority != nil {
			c.authority(template)
		}
	}
	authority := testbed.Certificate{Change: constrain}
	if !c.asRoot {
		authority.Issuer = testbed.Certificate{Names: []string{"root"}}.Make(t)
	}
	signer := authority.Make(t)
	pair = testbed.Certificate{Issuer: signer, Change: func(template *x509.Certificate) {
		template.Subject, template.IPAddresses = c.subject, nil
		if c.change != nil {
			c.change(template)
		}
	}}.Make(t)
	if c.asRoot {
		return []*x509.Certificate{pair.Leaf}, signer.Leaf, pair
	}
	pair.Certificate.Certificate = append(pair.Certificate.Certificate, signer.Leaf.Raw)
	return []*x509.Certificate{pair.Leaf, signer.Leaf}, authority.Issuer.Leaf, pair
}

// rootsOf returns a pool as configurations have it.
func rootsOf(root *x509.Certificate) *x509.CertPool {
	roots := x509.NewCertPool()
	roots.AddCert(HandleNameConstraints(root))
	return roots
}

// constraintsExtension returns an extension with GeneralSubtrees of the given names. A compound universal SEQUENCE is
// taken for a whole GeneralSubtree.
func constraintsExtension(t *testing.T, critical bool, permitted, excluded []asn1.RawValue) pkix.Extension {
	t.Helper()
	var content []byte
	for tag, names := range [][]asn1.RawValue{permitted, excluded} {
		var subtrees []byte
		for _, name := range names {
			if name.Class == asn1.ClassUniversal {
				subtrees = append(subtrees, marshal(t, name)...)
				continue
			}
			subtrees = append(subtrees, marshal(t, sequence(marshal(t, name)))...)
		}
		if len(names) > 0 {
			content = append(content, marshal(t, asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: tag, IsCompound: true, Bytes: subtrees})...)
		}
	}
	return pkix.Extension{Id: nameConstraintsID, Critical: critical, Value: marshal(t, sequence(content))}
}

func sequence(content []byte) asn1.RawValue {
	return asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: content}
}

func marshal(t *testing.T, value any) []byte {
	t.Helper()
	der, err := asn1.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// directory returns a GeneralName of the kind directory name.
func directory(t *testing.T, name pkix.Name) asn1.RawValue {
	return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: directoryNameKind, IsCompound: true, Bytes: marshal(t, name.ToRDNSequence())}
}

// general returns a GeneralName of another kind.
func general(tag int, content string) asn1.RawValue {
	return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: tag, Bytes: []byte(content)}
}

// withNames adds to a template's alternative names, which besides localhost are as given.
func withNames(t *testing.T, names ...asn1.RawValue) func(*x509.Certificate) {
	return func(template *x509.Certificate) {
		content := marshal(t, general(2, "localhost"))
		for _, name := range names {
			content = append(content, marshal(t, name)...)
		}
		template.ExtraExtensions = append(template.ExtraExtensions, pkix.Extension{Id: subjectAltNameID, Value: marshal(t, sequence(content))})
	}
}

// encoded returns a name of one organization, of that type of string.
func encoded(t *testing.T, tag int, organization string) pkix.Name {
	t.Helper()
	return pkix.Name{ExtraNames: []pkix.AttributeTypeAndValue{{Type: asn1.ObjectIdentifier{2, 5, 4, 10}, Value: asn1.RawValue{Tag: tag, Bytes: []byte(organization)}}}}
}

func organization(name, unit string) pkix.Name {
	return pkix.Name{Organization: []string{name}, OrganizationalUnit: []string{unit}}
}

// TestNameConstraints: chains with constraints that crypto/x509 does not know, and with others next to them. OpenSSL is
// asked as well, where it is installed.
func TestNameConstraints(t *testing.T) {
	t.Parallel()
	ours, theirs := organization("Ours", "Chat"), organization("Theirs", "Chat")
	oursOnly := []asn1.RawValue{directory(t, pkix.Name{Organization: []string{"Ours"}})}
	loopback := general(7, string([]byte{127, 0, 0, 0, 255, 0, 0, 0}))
	registered := general(8, "\x2a\x03\x04")
	for _, c := range []struct {
		name  string
		chain constrained
		want  string // "" for a chain that is taken
	}{
		{"within the permitted name", constrained{permitted: oursOnly, subject: ours}, ""},
		{"the permitted name itself", constrained{permitted: oursOnly, subject: pkix.Name{Organization: []string{"Ours"}}}, ""},
		{"one of two permitted names", constrained{permitted: append(oursOnly, directory(t, pkix.Name{Organization: []string{"Theirs"}})), subject: theirs}, ""},
		{"another name", constrained{permitted: oursOnly, subject: theirs}, `directory name "OU=Chat,O=Theirs" is not permitted by any constraint of "CN=constrained authority"`},
		{"a name above the permitted one", constrained{permitted: []asn1.RawValue{directory(t, ours)}, subject: pkix.Name{Organization: []string{"Ours"}}}, "not permitted"},
		{"another case and more spaces", constrained{permitted: []asn1.RawValue{directory(t, pkix.Name{Organization: []string{"our  OWN "}})}, subject: organization("Our Own", "Chat")}, ""},
		{"another type of string", constrained{permitted: []asn1.RawValue{directory(t, encoded(t, asn1.TagUTF8String, "Ours"))}, subject: encoded(t, asn1.TagPrintableString, "Ours")}, ""},
		{"letters beyond ASCII", constrained{permitted: []asn1.RawValue{directory(t, pkix.Name{Organization: []string{"Größe"}})}, subject: organization("Größe", "Chat")}, ""},
		{"no subject", constrained{permitted: oursOnly}, ""},
		{"the excluded name", constrained{excluded: oursOnly, subject: ours}, `directory name "OU=Chat,O=Ours" is excluded by a constraint`},
		{"not the excluded name", constrained{excluded: oursOnly, subject: theirs}, ""},
		{"permitted and excluded", constrained{permitted: oursOnly, excluded: []asn1.RawValue{directory(t, ours)}, subject: ours}, "excluded"},
		{"an alternative name within the permitted one", constrained{permitted: oursOnly, subject: ours, change: withNames(t, directory(t, ours))}, ""},
		{"another alternative name", constrained{permitted: oursOnly, subject: ours, change: withNames(t, directory(t, theirs))}, `"OU=Chat,O=Theirs" is not permitted`},
		{"as the root, within the permitted name", constrained{asRoot: true, permitted: oursOnly, subject: ours}, ""},
		{"as the root, another name", constrained{asRoot: true, permitted: oursOnly, subject: theirs}, "not permitted"},

		{"a permitted DNS name too", constrained{permitted: append(oursOnly, general(2, "localhost")), subject: ours}, ""},
		{"another DNS name permitted", constrained{permitted: append(oursOnly, general(2, "other.example")), subject: ours}, `DNS name "localhost" is not permitted`},
		{"the DNS name excluded", constrained{permitted: oursOnly, excluded: []asn1.RawValue{general(2, "localhost")}, subject: ours}, `DNS name "localhost" is excluded`},
		{"the address excluded", constrained{permitted: oursOnly, excluded: []asn1.RawValue{loopback}, subject: ours, change: func(c *x509.Certificate) {
			c.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
		}}, "IP address"},

		{"a kind that nobody supports", constrained{permitted: append(oursOnly, registered), subject: ours}, ""},
		{"a kind that nobody supports, in the certificate too", constrained{excluded: []asn1.RawValue{registered}, change: withNames(t, registered)}, "a registered ID is subject to a constraint that is not supported"},

		{"expired", constrained{permitted: oursOnly, subject: ours, change: func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) }}, "expired"},
		{"for another server", constrained{permitted: oursOnly, subject: ours, change: func(c *x509.Certificate) { c.DNSNames = []string{"other.example"} }}, "valid for other.example, not localhost"},
		{"not an authority", constrained{permitted: oursOnly, subject: ours, authority: func(c *x509.Certificate) { c.IsCA = false }}, "cannot sign this kind of certificate"},
		{"for clients only", constrained{permitted: oursOnly, subject: ours, change: func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }}, "key usage"},
		{"another critical extension", constrained{permitted: oursOnly, subject: ours, authority: func(c *x509.Certificate) {
			c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 3}, Critical: true, Value: []byte{5, 0}})
		}}, "unhandled critical extension"},
		{"a depth", constrained{permitted: []asn1.RawValue{sequence(append(marshal(t, oursOnly[0]), 0x80, 1, 1))}, subject: ours}, "unhandled critical extension"},
	} {
		c.chain.critical = true
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			chain, root, _ := c.chain.make(t)
			wantVerified(t, chain, rootsOf(root), c.want)
			wantOpenSSL(t, chain, root, c.want)
		})
	}
	// What crypto/x509 would pass over.
	for name, want := range map[string]string{"Ours": "", "Theirs": "not permitted"} {
		c := constrained{permitted: oursOnly, subject: organization(name, "Chat")}
		chain, root, _ := c.make(t)
		wantVerified(t, chain, rootsOf(root), want)
		wantOpenSSL(t, chain, root, want)
	}
}

// wantVerified fails the test when the verdict on a chain is not what is wanted: "" for a chain that is taken.
func wantVerified(t *testing.T, chain []*x509.Certificate, roots *x509.CertPool, want string) {
	t.Helper()
	err := verifyServer(roots, "localhost")(tls.ConnectionState{PeerCertificates: chain})
	var refused *tls.CertificateVerificationError
	switch {
	case want == "" && err != nil:
		t.Errorf("refused: %v", err)
	case want != "" && (!errors.As(err, &refused) || !strings.Contains(refused.Err.Error(), want)):
		t.Errorf("%v, want a CertificateVerificationError with %q", err, want)
	}
}

// wantOpenSSL asks OpenSSL, where it is installed.
func wantOpenSSL(t *testing.T, chain []*x509.Certificate, root *x509.Certificate, want string) {
	t.Helper()
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		return
	}
	dir := t.TempDir()
	write := func(name string, certs ...*x509.Certificate) string {
		var text strings.Builder
		for _, cert := range certs {
			pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
		}
		path := filepath.Join(dir, name)
		testbed.WriteFile(t, path, text.String())
		return path
	}
	args := []string{"verify", "-CAfile", write("root", root), "-verify_hostname", "localhost", "-purpose", "sslserver"}
	if len(chain) > 1 {
		args = append(args, "-untrusted", write("authority", chain[1:]...))
	}
	out, err := exec.Command(openssl, append(args, write("server", chain[0]))...).CombinedOutput()
	if (err == nil) != (want == "") {
		t.Errorf("OpenSSL: %v, want %q\n%s", err, want, out)
	}
}

// TestDirectoryConstraintsInAProbe goes through the whole of a probe, with what tests and configuration make of roots.
func TestDirectoryConstraintsInAProbe(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]Reason{"Ours": OK, "Theirs": BadCertificate} {
		c := constrained{critical: true, permitted: []asn1.RawValue{directory(t, pkix.Name{Organization: []string{"Ours"}})}, subject: organization(name, "Chat")}
		_, root, pair := c.make(t)
		script := testbed.Accept()
		if want != OK {
			script = testbed.NeverPlayed
		}
		address, _ := testbed.Serve(t, "tcp4", testbed.TLS(&tls.Config{Certificates: []tls.Certificate{pair.Certificate}, MaxVersion: tls.VersionTLS12}, script))
		p := trusting(newProber(t, address), nil)
		p.TLS = func() *tls.Config { return &tls.Config{RootCAs: rootsOf(root), ServerName: "localhost"} }
		if verdict, _ := probe(t, p); verdict.Reason != want || verdict.CertificateEnds.IsZero() {
			t.Errorf("O=%s: %v, the certificate ends %v, want %v and an end", name, verdict, verdict.CertificateEnds, want)
		}
	}
}

// TestTooManyNames: what a chain can make us compare is bounded.
func TestTooManyNames(t *testing.T) {
	name, err := parseDirectoryName(marshal(t, organization("Ours", "Chat").ToRDNSequence()))
	if err != nil {
		t.Fatal(err)
	}
	many := constrained{subject: organization("Ours", "Chat"), change: func(template *x509.Certificate) {
		withNames(t, slices.Repeat([]asn1.RawValue{directory(t, pkix.Name{Organization: []string{"Ours"}})}, 1000)...)(template)
	}, permitted: []asn1.RawValue{general(2, "localhost")}}
	chain, _, _ := many.make(t)
	constraints := nameConstraints{permitted: slices.Repeat([]directoryName{name}, maxNameComparisons/1000)}
	if err := constraints.check(chain[0]); err == nil || err.Error() != "too many names and constraints" {
		t.Errorf("%v, want too many names and constraints", err)
	}
}

// FuzzNameConstraints: nothing in an extension or a subject makes the check panic, and a name is within itself.
func FuzzNameConstraints(f *testing.F) {
	f.Add([]byte{0x30, 0}, []byte{0x30, 0}, []byte{0x30, 0})
	f.Fuzz(func(t *testing.T, constraints, names, subject []byte) {
		authority := &x509.Certificate{Extensions: []pkix.Extension{{Id: nameConstraintsID, Critical: true, Value: constraints}}}
		server := &x509.Certificate{
			RawSubject: subject, Subject: pkix.Name{Names: make([]pkix.AttributeTypeAndValue, 1)},
			Extensions: []pkix.Extension{{Id: subjectAltNameID, Value: names}},
		}
		checkChainNames([]*x509.Certificate{server, authority})
		if name, err := parseDirectoryName(subject); err == nil && !name.within(name) {
			t.Errorf("%q is not within itself", name)
		}
	})
}
