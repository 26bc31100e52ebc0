package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// certificateUntil makes a certificate for localhost that signs itself and ends then, and writes it into a file.
func certificateUntil(t *testing.T, end time.Time) (certificate tls.Certificate, file string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), DNSNames: []string{"localhost"},
		NotBefore: end.Add(-1000 * time.Hour), NotAfter: end, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "ca.crt")
	write(t, file, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}

// TestDoctorCertificate: its end is told, and one that is near, or past, is among what to try.
func TestDoctorCertificate(t *testing.T) {
	for _, c := range []struct {
		left              time.Duration
		verdict, fact, do string
	}{
		{40*day + time.Hour, "ok\n", "   40 days  the server's certificate ends END\n", ""},
		{14*day + time.Hour, "ok\n", "   14 days  the server's certificate ends END\n", ""},
		{9*day + time.Hour, "ok\n", "    9 days  the server's certificate ends END\n", "\n  renew the server's certificate: clients refuse it in 9 days\n"},
		{-2 * day, "tls: bad_certificate: ", "     ended  the server's certificate ended END\n", "to try:\n  renew the server's certificate: it has ended, and clients refuse it\n"},
	} {
		certificate, file := certificateUntil(t, time.Now().Add(c.left))
		port := serverOn(t, "127.0.0.1:0", certificate)
		variables := map[string]string{"TIMEOUT": patient, "TLS_CA_FILE": file}
		_, stdout, _ := command(t, variables, "check", "-v", "wss://localhost:"+port)
		stdout = steady(stdout, port)
		if !strings.HasPrefix(stdout, c.verdict) || !strings.Contains(stdout, "\n  cert     "+c.fact) || !strings.Contains(stdout, c.do) || strings.Contains(stdout, "renew") != (c.do != "") {
			t.Errorf("%v: %s want %q %q %q", c.left, stdout, c.verdict, c.fact, c.do)
		}
		if strings.Contains(stdout, "WSHEALTHZ_SERVE_CERT_FILE") != (c.verdict == "ok\n") {
			t.Errorf("%v: what a gateway needs that speaks TLS: %s", c.left, stdout)
		}
		if _, d, output := diagnosed(t, variables, "wss://localhost:"+port); d.CertificateEnds == nil || time.Until(*d.CertificateEnds).Round(time.Minute) != c.left {
			t.Errorf("%v: %s", c.left, output)
		}
	}
}
