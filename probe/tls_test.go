package probe

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net/http"
	"testing"
	"time"
)

func certificate(t *testing.T) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: parsed}
}

// certificateOf gives one pair for ever.
func certificateOf(pair *tls.Certificate) func() (*tls.Certificate, error) {
	return func() (*tls.Certificate, error) { return pair, nil }
}

// TestHTTPS: HTTP/1.1 only, with the certificate of the moment, and plain HTTP gets no verdict.
func TestHTTPS(t *testing.T) {
	current := certificate(t)
	server := listen(t, healthy, func(o *Options) { o.Certificate = func() (*tls.Certificate, error) { return current, nil } })
	transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer transport.CloseIdleConnections()
	for range 2 {
		current = certificate(t)
		response, err := (&http.Client{Transport: transport}).Get("https://" + server.Addr().String() + "/health")
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if response.StatusCode != 200 || response.ProtoMajor != 1 || !response.TLS.PeerCertificates[0].Equal(leaf(t, current)) {
			t.Errorf("%s %s, want 200 over HTTP/1.1 with the newest certificate", response.Proto, response.Status)
		}
		transport.CloseIdleConnections()
	}
	if response, _ := call(t, server).ask(t, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"); response.StatusCode != 400 {
		t.Errorf("plain HTTP gets %s, want 400", response.Status)
	}
}

func leaf(t *testing.T, pair *tls.Certificate) *x509.Certificate {
	t.Helper()
	parsed, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// TestAnnouncedBodyOverTLS ends with TLS's own goodbye.
func TestAnnouncedBodyOverTLS(t *testing.T) {
	pair := certificate(t)
	server := listen(t, healthy, func(o *Options) { o.Certificate = func() (*tls.Certificate, error) { return pair, nil } })
	plainly := call(t, server)
	secured := tls.Client(plainly.Conn, &tls.Config{InsecureSkipVerify: true})
	if _, err := io.WriteString(secured, "GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if all, err := io.ReadAll(secured); err != nil || len(all) < 4 || string(all[len(all)-4:]) != "\nok\n" {
		t.Errorf("%q, %v, want the answer and EOF", all, err)
	}
}
