package upgrade

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"wshealthz/internal/testbed"
)

// TestSilentServer: it sends nothing after our Close, and gets FIN. If that does not make it close, it gets a reset at the end.
func TestSilentServer(t *testing.T) {
	t.Parallel()
	ends, closed := make(chan error, 2), make(chan struct{})
	address, _ := testbed.Serve(t, "tcp4", func(p *testbed.Peer) {
		p.ReadRequestAndAccept()
		p.DoNotWatch()
		_, err := io.Copy(io.Discard, p)
		ends <- err
		p.HoldUntil(closed)
		_, err = io.WriteString(p, "x") // fails at once only after a reset
		ends <- err
	})
	verdict, result := probe(t, newProber(t, address))
	close(closed)
	if !verdict.Healthy() || result.Outcome != Reset || result.Took < closeTime {
		t.Errorf("%v, closed: %+v, want ok and a reset after a second", verdict, result)
	}
	if fin, err := <-ends, <-ends; fin != nil || !isReset(err) {
		t.Errorf("the server saw %v, then %v, want FIN and a reset", fin, err)
	}
}

// TestServerThatClosesAfterFIN: it does not answer a Close, but a FIN, and sees no reset.
func TestServerThatClosesAfterFIN(t *testing.T) {
	t.Parallel()
	address, _ := testbed.Serve(t, "tcp4", func(p *testbed.Peer) {
		p.ReadRequestAndAccept()
		p.DoNotWatch()
		if _, err := io.Copy(io.Discard, p); err != nil {
			p.Errorf("the server saw %v, want FIN", err)
		}
	})
	verdict, result := probe(t, newProber(t, address))
	if !verdict.Healthy() || result.Outcome != ServerClosed || result.Took < silence || result.Took > closeTime+testbed.Patience {
		t.Errorf("%v, closed: %+v, want ok and closed by the server after a FIN", verdict, result)
	}
}

// TestTalkativeServerGetsFIN: it never closes, but it spoke after our Close.
func TestTalkativeServerGetsFIN(t *testing.T) {
	t.Parallel()
	ends, closed := make(chan error, 2), make(chan struct{})
	address, _ := testbed.Serve(t, "tcp4", func(p *testbed.Peer) {
		p.ReadRequestAndAccept()
		p.ReadFrame() // the Close
		p.DoNotWatch()
		io.WriteString(p, text("still here"))
		_, err := io.Copy(io.Discard, p)
		ends <- err
		p.HoldUntil(closed)
		_, err = io.WriteString(p, "x")
		ends <- err
	})
	verdict, result := probe(t, newProber(t, address))
	close(closed)
	if !verdict.Healthy() || result.Outcome != OutOfTime || result.Bytes == 0 {
		t.Errorf("%v, closed: %+v, want ok and closed after a second", verdict, result)
	}
	if fin, err := <-ends, <-ends; fin != nil || err != nil {
		t.Errorf("the server saw %v, then %v, want FIN and no reset", fin, err)
	}
}

// TestFloodsAreNotReadForEver: before a 101 at most 1 MiB, after it at most 4 MiB; and FIN comes before the end.
func TestFloodsAreNotReadForEver(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		head  string
		limit int64
		first error // what the server reads first
	}{"before a 101": {"HTTP/1.1 500 Oops\r\n\r\n", halfCloseBytes, io.EOF}, "after a 101": {acceptText, closeBytes, nil}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := make(chan error, 1)
			address, _ := testbed.Serve(t, "tcp4", func(p *testbed.Peer) {
				p.ReadRequest()
				p.Answer(c.head)
				first := make(chan error, 1)
				go func() {
					_, err := p.TCP.Read(make([]byte, 1))
					first <- err
				}()
				flood(p, text("flood"))
				seen <- <-first
			})
			_, result := probe(t, newProber(t, address))
			tooSlow := result.Outcome == OutOfTime && result.Took >= closeTime // a busy machine does not flood
			if result.Outcome != TooMuch && !tooSlow || result.Bytes > c.limit+1<<16 {
				t.Errorf("closed: %+v, want too much after %d bytes", result, c.limit)
			}
			if err := <-seen; err != c.first {
				t.Errorf("the server saw %v first, want FIN before a 101 and a frame after it", err)
			}
		})
	}
}

// TestVerdictDoesNotWaitForTheClose: it is there while the server still holds the connection, and a canceled caller
// does not cut the close short.
func TestVerdictDoesNotWaitForTheClose(t *testing.T) {
	t.Parallel()
	verdictIsThere := make(chan struct{})
	address, closings := testbed.Serve(t, "tcp4", func(p *testbed.Peer) { p.ReadRequestAndAccept(); p.HoldUntil(verdictIsThere) })
	ctx, cancel := context.WithCancel(context.Background())
	p := newProber(t, address)
	if verdict := p.Probe(ctx); !verdict.Healthy() {
		t.Fatal(verdict)
	}
	cancel()
	close(verdictIsThere)
	wantPoliteClose(t, closings, true)
	p.Wait(context.Background())
}

// TestAtMost64AreClosing: beyond that the oldest is closed at once, and no probe waits. It is not parallel: all probes
// must be done within the second that a close may take.
func TestAtMost64AreClosing(t *testing.T) {
	release := make(chan struct{})
	address, _ := testbed.Serve(t, "tcp4", func(p *testbed.Peer) { p.ReadRequestAndAccept(); p.DoNotWatch(); p.HoldUntil(release) })
	p := newProber(t, address)
	var mu sync.Mutex
	var took []time.Duration
	p.Closed = func(_ Verdict, result CloseResult) {
		mu.Lock()
		defer mu.Unlock()
		took = append(took, result.Took)
	}
	for range maxClosing + 10 {
		if verdict := p.Probe(t.Context()); !verdict.Healthy() {
			t.Fatal(verdict)
		}
	}
	testbed.Until(t, "ten are closed early", func() bool { mu.Lock(); defer mu.Unlock(); return len(took) >= 10 })
	close(release)
	p.Wait(context.Background())
	mu.Lock()
	defer mu.Unlock()
	if len(took) != maxClosing+10 {
		t.Errorf("%d were closed, want %d", len(took), maxClosing+10)
	}
	for _, took := range took[:10] {
		if took >= closeTime {
			t.Errorf("one of the oldest took %v, want less than its second", took)
		}
	}
}

// TestPanicWhileClosing: it is logged with its stack, and no more.
func TestPanicWhileClosing(t *testing.T) {
	t.Parallel()
	address, _ := testbed.Serve(t, "tcp4", func(*testbed.Peer) {})
	p := newProber(t, address)
	core, lines := observer.New(zapcore.DebugLevel)
	p.Log = zap.New(core)
	p.Closed = func(Verdict, CloseResult) { panic("scripted") }
	s := newSession(t.Context(), p)
	if f := s.dial(); f != nil {
		t.Fatal(f)
	}
	s.stopWatch()
	s.upgraded = true
	s.conn = panicking{s.conn}
	p.startClose(s, Verdict{At: time.Now()})
	p.Wait(context.Background())
	for _, what := range []string{"panic in closing the connection", "panic in Closed"} {
		logged := lines.FilterMessage(what).All()
		if len(logged) != 1 || !strings.Contains(fmt.Sprintf("%s", logged[0].ContextMap()["stack"]), "close_test.go") {
			t.Errorf("want one line %q with a stack, logged %v", what, lines.All())
		}
	}
}

type panicking struct{ net.Conn }

func (panicking) Write([]byte) (int, error) { panic("scripted") }
