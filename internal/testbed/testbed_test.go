package testbed

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"syscall"
	"testing"
	"time"
)

func TestMain(m *testing.M) { Main(m) }

func TestReserve(t *testing.T) {
	address := Reserve(t)
	if _, err := net.Dial("tcp", address); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("%v, want connection refused", err)
	}
	for range 2 { // a server, and one that is started again
		listener, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		listener.Close()
	}
}

func TestCertificate(t *testing.T) {
	ca := Certificate{Names: []string{"ca.example"}}.Make(t)
	end := time.Now().Add(-time.Hour).Truncate(time.Second)
	for _, c := range []struct {
		pair  *Pair
		names []string
		at    time.Time
	}{
		{Certificate{}.Make(t), []string{"localhost", "127.0.0.1", "::1"}, time.Now()},
		{Certificate{Names: []string{"chat.example"}, Issuer: ca}.Make(t), []string{"chat.example", "localhost"}, time.Now()},
		{Certificate{NotAfter: end}.Make(t), []string{"localhost"}, end},
	} {
		for _, name := range c.names {
			if _, err := c.pair.Leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: c.pair.Pool(), CurrentTime: c.at}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		files := c.pair.WriteFiles(t, t.TempDir())
		if _, err := tls.LoadX509KeyPair(files.Cert, files.Key); err != nil {
			t.Error(err)
		}
		if _, err := c.pair.Leaf.Verify(x509.VerifyOptions{Roots: c.pair.Pool(), CurrentTime: c.pair.Leaf.NotAfter.Add(time.Second)}); err == nil {
			t.Errorf("%v is good after its end", c.names)
		}
	}
}
