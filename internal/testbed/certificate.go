package testbed

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A Certificate describes a certificate to make. The zero value is self-signed, its own CA, for localhost and the
// loopback addresses, for an hour, with an ECDSA P-256 key.
type Certificate struct {
	Names    []string      // DNS names, the first of them the common name too; localhost is always added
	NotAfter time.Time     // default in an hour
	Key      crypto.Signer // default a new ECDSA P-256 key
	Issuer   *Pair         // the CA that signs it; default itself

	// Change, if not nil, changes the template last: addresses, the serial number, key usages.
	Change func(*x509.Certificate)
}

// A Pair is a certificate and its private key. Leaf is set.
type Pair struct {
	tls.Certificate
	ca *x509.Certificate
}

// Make makes the certificate. Each has a serial number of its own.
func (c Certificate) Make(t testing.TB) *Pair {
	t.Helper()
	template, key := c.template(t), c.Key
	if key == nil {
		generated, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		key = generated
	}
	issuer, issuerKey := template, key
	if c.Issuer != nil {
		issuer, issuerKey = c.Issuer.Leaf, c.Issuer.PrivateKey.(crypto.Signer)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, key.Public(), issuerKey)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pair := &Pair{Certificate: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, ca: leaf}
	if c.Issuer != nil {
		pair.ca = c.Issuer.ca
	}
	return pair
}

func (c Certificate) template(t testing.TB) *x509.Certificate {
	t.Helper()
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	names, end := append(append([]string(nil), c.Names...), "localhost"), c.NotAfter
	if end.IsZero() {
		end = time.Now().Add(time.Hour)
	}
	begin := time.Now()
	if end.Before(begin) {
		begin = end
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: names[0]},
		DNSNames: names, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		NotBefore: begin.Add(-48 * time.Hour), NotAfter: end,
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if c.Issuer == nil {
		template.IsCA, template.BasicConstraintsValid = true, true
		template.KeyUsage |= x509.KeyUsageCertSign
	}
	if c.Change != nil {
		c.Change(template)
	}
	return template
}

// Pool returns a pool that holds only the CA of the certificate: itself when it is self-signed.
func (p *Pair) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(p.ca)
	return pool
}

// ServerConfig returns a configuration for a server that has this certificate.
func (p *Pair) ServerConfig() *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{p.Certificate}}
}

// Files are the paths of PEM files, named as in a Kubernetes Secret of the type kubernetes.io/tls.
type Files struct{ CA, Cert, Key string }

// WriteFiles writes ca.crt, tls.crt and tls.key (PKCS #8) into dir.
func (p *Pair) WriteFiles(t testing.TB, dir string) Files {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(p.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return Files{
		CA:   write("ca.crt", "CERTIFICATE", p.ca.Raw),
		Cert: write("tls.crt", "CERTIFICATE", p.Certificate.Certificate[0]),
		Key:  write("tls.key", "PRIVATE KEY", key),
	}
}
