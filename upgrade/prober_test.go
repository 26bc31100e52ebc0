package upgrade

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"io"
	"net"
	"net/url"
	"testing"
	"time"

	"go.uber.org/goleak"

	"wshealthz/internal/testbed"
)

// shortTimeout is the budget of probes that must use it up: enough for what comes before to arrive.
const shortTimeout = 2 * time.Second

func TestMain(m *testing.M) {
	flag.Set("test.parallel", "64") // they wait for time to pass rather than for a processor
	goleak.VerifyTestMain(m)
}

// newProber returns a prober of a server at address, with a budget that even a slow machine does not use up.
func newProber(t testing.TB, address string) *Prober {
	t.Helper()
	return &Prober{Target: Target{URL: parseURL(t, "ws://"+address+"/ws"), Timeout: testbed.Patience}}
}

func short(p *Prober) { p.Timeout = shortTimeout }

func parseURL(t testing.TB, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// trusting changes p to probe wss and to trust roots, and returns it.
func trusting(p *Prober, roots *x509.CertPool) *Prober {
	p.URL.Scheme = "wss"
	p.TLS = func() *tls.Config {
		return &tls.Config{RootCAs: roots, ServerName: p.URL.Hostname(), MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
	}
	return p
}

// probe probes once, waits until the connection is closed, and returns both results.
func probe(t *testing.T, p *Prober) (Verdict, CloseResult) {
	t.Helper()
	results := make(chan CloseResult, 1)
	p.Closed = func(_ Verdict, result CloseResult) { results <- result }
	verdict := p.Probe(context.Background())
	select {
	case result := <-results:
		return verdict, result
	case <-time.After(testbed.Patience):
		t.Fatalf("the connection was never closed after %v", verdict)
		return verdict, CloseResult{}
	}
}

// wantPoliteClose fails the test when the server did not see what the prober must do: Close 1001 after a 101, else
// nothing but FIN; a reset never.
func wantPoliteClose(t *testing.T, closings <-chan testbed.Closing, upgraded bool) {
	t.Helper()
	select {
	case closing := <-closings:
		want := uint16(0)
		if upgraded {
			want = 1001
		}
		if closing.Code != want || closing.Other != 0 || !errors.Is(closing.Err, io.EOF) {
			t.Errorf("closed with Close %d, %d other bytes, then %v; want Close %d, then EOF", closing.Code, closing.Other, closing.Err, want)
		}
	case <-time.After(testbed.Patience):
		t.Error("the server never saw the prober close the connection")
	}
}

// refusing returns an address on which nobody listens, and nobody can while the test runs: it is one end of a
// connection.
func refusing(t *testing.T) string {
	t.Helper()
	listener := testbed.Listen(t)
	conn, err := net.Dial("tcp4", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn.LocalAddr().String()
}

// clogged returns an address whose accept queue is full: connects are not answered.
func clogged(t *testing.T) string {
	t.Helper()
	listener := testbed.Listen(t)
	raw, err := listener.(*net.TCPListener).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	shortenQueue(t, raw)
	address := listener.Addr().String()
	for range 8 { // until one is not answered
		conn, err := net.DialTimeout("tcp4", address, 200*time.Millisecond)
		if isTimeout(err) {
			return address
		}
		if err == nil {
			t.Cleanup(func() { conn.Close() })
		}
	}
	t.Fatal("the accept queue never filled")
	return ""
}

// goneConn is a connection whose server is gone.
type goneConn struct{ net.Conn }

func (goneConn) Read([]byte) (int, error)    { return 0, io.EOF }
func (goneConn) Write(p []byte) (int, error) { return len(p), nil }
