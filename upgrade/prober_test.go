package upgrade

import (
	"context"
	"errors"
	"flag"
	"io"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"go.uber.org/goleak"
)

const (
	// patience bounds the waits of tests for what must happen.
	patience = 20 * time.Second
	// shortTimeout is the budget of probes that must use it up: enough for what comes before to arrive.
	shortTimeout = 2 * time.Second
)

func TestMain(m *testing.M) {
	flag.Set("test.parallel", "64") // they wait for time to pass rather than for a processor
	goleak.VerifyTestMain(m)
}

// newProber returns a prober of a server at address, with a budget that even a slow machine does not use up.
func newProber(t testing.TB, address string) *Prober {
	t.Helper()
	return &Prober{Target: Target{URL: parseURL(t, "ws://"+address+"/ws"), Timeout: patience}}
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

// probe probes once, waits until the connection is closed, and returns both results.
func probe(t *testing.T, p *Prober) (Verdict, CloseResult) {
	t.Helper()
	results := make(chan CloseResult, 1)
	p.Closed = func(_ Verdict, result CloseResult) { results <- result }
	verdict := p.Probe(context.Background())
	select {
	case result := <-results:
		return verdict, result
	case <-time.After(patience):
		t.Fatalf("the connection was never closed after %v", verdict)
		return verdict, CloseResult{}
	}
}

// wantPoliteClose fails the test when the server did not see what the prober must do: Close 1001 after a 101, else
// nothing but FIN; a reset never.
func wantPoliteClose(t *testing.T, endings <-chan ending, upgraded bool) {
	t.Helper()
	select {
	case end := <-endings:
		want := ws.StatusCode(0)
		if upgraded {
			want = ws.StatusGoingAway
		}
		if end.code != want || end.junk != 0 || !errors.Is(end.err, io.EOF) {
			t.Errorf("closed with Close %d, %d other bytes, then %v; want Close %d, then EOF", end.code, end.junk, end.err, want)
		}
	case <-time.After(patience):
		t.Error("the server never saw the prober close the connection")
	}
}

// refusing returns an address on which nobody listens, and nobody can while the test runs: it is one end of a
// connection.
func refusing(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
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
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
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

// until waits for a condition.
func until(t *testing.T, what string, met func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !met(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// goneConn is a connection whose server is gone.
type goneConn struct{ net.Conn }

func (goneConn) Read([]byte) (int, error)    { return 0, io.EOF }
func (goneConn) Write(p []byte) (int, error) { return len(p), nil }
