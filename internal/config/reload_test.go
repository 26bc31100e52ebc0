package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// writePair writes a certificate that signs itself, for name and loopback, and its key. ca is the certificate too.
func writePair(t *testing.T, dir, name string) (ca, cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		DNSNames: []string{name, "localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	write(t, cert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	write(t, key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})))
	return cert, cert, key
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// swap makes link point at target in one step, as the kubelet does for a Secret.
func swap(t *testing.T, link, target string) {
	t.Helper()
	if err := errors.Join(os.Symlink(target, link+".new"), os.Rename(link+".new", link)); err != nil {
		t.Fatal(err)
	}
}

func watchText(t *testing.T, path string) (*watched[string], *observer.ObservedLogs) {
	t.Helper()
	core, lines := observer.New(zapcore.InfoLevel)
	w, err := watch([]string{"WSHEALTHZ_X_FILE"}, []string{path}, zap.New(core), func(contents [][]byte) (string, error) {
		if text := string(contents[0]); strings.HasPrefix(text, "bad") {
			return "", fmt.Errorf("%s content", text)
		}
		return string(contents[0]), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return w, lines
}

// TestFileChanges: in place, replaced, of the same size in the same moment, through a symlink; what is bad keeps the
// last good content and is logged once.
func TestFileChanges(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "..data")
	for _, version := range []string{"v1", "v2"} {
		if err := os.Mkdir(filepath.Join(dir, version), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, version, "token"), version)
	}
	swap(t, link, "v1")
	path := filepath.Join(link, "token")
	w, lines := watchText(t, path)
	expect := func(when, want string, warnings int) {
		t.Helper()
		for range 3 {
			if got := w.get(); got != want {
				t.Errorf("%s: %q, want %q", when, got, want)
			}
		}
		if n := lines.Len(); n != warnings {
			t.Errorf("%s: %d lines logged, want %d: %v", when, n, warnings, lines.All())
		}
	}
	expect("at first", "v1", 0)
	swap(t, link, "v2")
	expect("after a swap", "v2", 0)
	for i := range 5 {
		write(t, path, fmt.Sprintf("same size %d", i))
		expect("written again at once", fmt.Sprintf("same size %d", i), 0)
	}
	write(t, path, "bad one")
	expect("bad", "same size 4", 1)
	write(t, path, "bad two")
	expect("bad in another way", "same size 4", 2)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	expect("gone", "same size 4", 3)
	write(t, path, strings.Repeat("x", maxFile+1))
	expect("too large", "same size 4", 4)
	write(t, path, "good again")
	expect("good again", "good again", 4)
	write(t, path, "bad two")
	expect("bad as before", "good again", 5)
	time.Sleep(racy) // so that the next change is one that can be told
	write(t, path, "bad two")
	expect("bad in the same words, but new", "good again", 6)
}

// TestQuietFileIsNotRead: a look at a file that did not change reads nothing.
func TestQuietFileIsNotRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	write(t, path, "text")
	old := time.Now().Add(-time.Hour)
	reads := 0
	w, err := watch([]string{"X"}, []string{path}, zap.NewNop(), func([][]byte) (int, error) { reads++; return reads, nil })
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); !w.settled && time.Now().Before(end); {
		w.get()
	}
	before := reads
	for range 100 {
		w.get()
	}
	if reads != before {
		t.Errorf("read %d times more, want none", reads-before)
	}
	if err := os.Chtimes(path, old, old); err != nil {
		t.Fatal(err)
	}
	if w.get(); reads == before {
		t.Error("a change of times alone was not seen")
	}
}
