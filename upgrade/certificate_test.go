package upgrade

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"testing"
	"time"
)

// inAnHour returns the end of certificates that are still good.
func inAnHour() time.Time { return time.Now().Add(time.Hour) }

// selfSigned returns a self-signed certificate for localhost and the loopback addresses, good until end.
func selfSigned(t *testing.T, end time.Time) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: "scripted server"},
		NotBefore:    time.Now().Add(-48 * time.Hour), NotAfter: end,
		DNSNames:    []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IsCA:        true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

// overTLS returns s played over TLS; the end is watched over TLS.
func overTLS(config *tls.Config, s script) script {
	return func(p *peer) {
		conn := tls.Server(p.tcp, config)
		if err := conn.Handshake(); err != nil {
			p.endUnwatched() // an alert came, or the handshake's rest: not FIN alone
			return
		}
		p.Conn = conn
		s(p)
	}
}

// trusting changes p to probe wss and to trust roots, and returns it.
func trusting(p *Prober, roots *x509.CertPool) *Prober {
	p.URL.Scheme = "wss"
	p.TLS = func() *tls.Config {
		return &tls.Config{RootCAs: roots, ServerName: p.URL.Hostname(), MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
	}
	return p
}
