package upgrade

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// TestSilentServerGetsAReset: nothing came after our Close.
func TestSilentServerGetsAReset(t *testing.T) {
	t.Parallel()
	ends := make(chan error, 1)
	address, _ := play(t, "tcp4", func(p *peer) {
		p.say(right...)
		_, err := io.Copy(io.Discard, p)
		ends <- err
		deaf(p)
	})
	verdict, result := ask(t, prober(t, address))
	if !verdict.Healthy() || result.Outcome != Reset {
		t.Errorf("%v, closed: %v, want ok and a reset", verdict, result.Outcome)
	}
	if err := <-ends; !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the server saw %v, want a reset", err)
	}
}

// TestTalkativeServerGetsFIN: it never closes, but it spoke after our Close.
func TestTalkativeServerGetsFIN(t *testing.T) {
	t.Parallel()
	ends := make(chan error, 1)
	address, _ := play(t, "tcp4", func(p *peer) {
		p.say(right...)
		p.Read(make([]byte, 8))
		io.WriteString(p, text("still here"))
		_, err := io.Copy(io.Discard, p)
		ends <- err
		deaf(p)
	})
	verdict, result := ask(t, prober(t, address))
	if !verdict.Healthy() || result.Outcome != OutOfTime || result.Bytes == 0 {
		t.Errorf("%v, closed: %+v, want ok and left after a second", verdict, result)
	}
	if err := <-ends; err != nil {
		t.Errorf("the server saw %v, want EOF", err)
	}
}

// TestFloodsAreNotReadForEver: before a 101 at most 1 MiB, after it at most 4 MiB; and FIN comes before the end.
func TestFloodsAreNotReadForEver(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		head  string
		limit int64
	}{{"HTTP/1.1 500 Oops\r\n\r\n", halfCloseBytes}, {"", closeBytes}} {
		seen := make(chan error, 1)
		address, _ := play(t, "tcp4", func(p *peer) {
			if c.head == "" {
				p.say(right...)
			} else {
				p.write(c.head)
			}
			first := make(chan error, 1)
			go func() {
				_, err := p.tcp.Read(make([]byte, 1))
				first <- err
			}()
			io.Copy(p.tcp, struct{ io.Reader }{forever(strings.Repeat(text("flood"), 4000))})
			seen <- <-first
			deaf(p)
		})
		_, result := ask(t, prober(t, address))
		if result.Outcome != TooMuch || result.Bytes > c.limit+1<<16 {
			t.Errorf("%q: closed: %+v, want too much after %d bytes", c.head, result, c.limit)
		}
		if err := <-seen; c.head != "" && err != io.EOF || c.head == "" && err != nil {
			t.Errorf("%q: the server saw %v first, want FIN before a 101 and a frame after it", c.head, err)
		}
	}
}

// TestNobodyWaitsForTheLeaving: the verdict is there while the server still holds the connection, and a canceled
// caller does not cut the leaving short.
func TestNobodyWaitsForTheLeaving(t *testing.T) {
	t.Parallel()
	verdictIsThere := make(chan struct{})
	closed := make(chan bool, 1)
	address, _ := play(t, "tcp4", func(p *peer) {
		p.say(right...)
		<-verdictIsThere
		end := p.watch()
		closed <- end.code == 1001 && end.err == io.EOF
		p.endings = nil
	})
	ctx, cancel := context.WithCancel(context.Background())
	p := prober(t, address)
	if verdict := p.Probe(ctx); !verdict.Healthy() {
		t.Fatal(verdict)
	}
	cancel()
	close(verdictIsThere)
	if !<-closed {
		t.Error("the leaving was not completed")
	}
	p.Wait(context.Background())
}

// TestAtMost64Leave: beyond that the oldest goes at once, and no probe waits.
func TestAtMost64Leave(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	address, _ := play(t, "tcp4", func(p *peer) {
		p.say(right...)
		<-release
		deaf(p)
	})
	p := prober(t, address)
	var mu sync.Mutex
	var first []time.Duration
	p.Closed = func(_ Verdict, result CloseResult) {
		mu.Lock()
		defer mu.Unlock()
		first = append(first, result.Took)
	}
	for range maxClosing + 10 {
		if verdict := p.Probe(t.Context()); !verdict.Healthy() {
			t.Fatal(verdict)
		}
	}
	until(t, "ten are closed early", func() bool { mu.Lock(); defer mu.Unlock(); return len(first) >= 10 })
	close(release)
	p.Wait(context.Background())
	mu.Lock()
	defer mu.Unlock()
	if len(first) != maxClosing+10 {
		t.Errorf("%d were left, want %d", len(first), maxClosing+10)
	}
	for _, took := range first[:10] {
		if took >= closeTime {
			t.Errorf("one of the oldest took %v, want less than its second", took)
		}
	}
}

// TestPanicWhileLeaving is logged and no more.
func TestPanicWhileLeaving(t *testing.T) {
	t.Parallel()
	address, _ := play(t, "tcp4", says(right...))
	p := prober(t, address)
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
		if lines.FilterMessage(what).Len() != 1 {
			t.Errorf("want one line %q with a stack, logged %v", what, lines.All())
		}
	}
}

type panicking struct{ net.Conn }

func (panicking) Write([]byte) (int, error) { panic("scripted") }
