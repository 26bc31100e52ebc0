package upgrade

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"wshealthz/internal/testbed"
)

// TestFloodIsPaced: in a flood no exchange works for longer than what is free, and its share of the rest of the budget.
func TestFloodIsPaced(t *testing.T) {
	t.Parallel()
	for name, message := range map[string]string{"binary": binary(strings.Repeat("x", 1<<20)), "empty": binary("")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			block := strings.Repeat(message, 1<<20/len(message)+1)
			address, _ := testbed.Serve(t, "tcp4", func(p *testbed.Peer) {
				p.ReadRequestAndAccept()
				p.DoNotWatch()
				io.Copy(p.TCP, struct{ io.Reader }{&endless{block, 0}})
			})
			p := newProber(t, address)
			withShortPing(p)
			p.Timeout = 3 * time.Second
			s := newSession(t.Context(), p)
			defer p.startClose(s, NewVerdict(ReplyTimeout, ""))
			if f := s.dial(); f != nil {
				t.Fatal(f.detail)
			}
			if f := s.upgrade(); f != nil {
				t.Fatal(f.detail)
			}
			if f := s.exchange(); f == nil || f.reason != ReplyTimeout {
				t.Errorf("%+v, want no reply", f)
			}
			s.stopWatch()
			if most := freeWork + p.Timeout/restShare + 2*mostWork; s.worked > most {
				t.Errorf("worked for %v of %v, want at most %v", s.worked, p.Timeout, most)
			}
			if s.worked > freeWork+leastRest && s.paced == 0 {
				t.Errorf("worked for %v without a rest", s.worked)
			}
		})
	}
}

// An endless reader gives text again and again, without a gap.
type endless struct {
	text string
	at   int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.text[e.at:])
	e.at = (e.at + n) % len(e.text)
	return n, nil
}

// TestReplyInAFlood: it is found behind a first state of many messages, and of large ones, by a ping and by what is expected.
func TestReplyInAFlood(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ count, size int }{{100_000, 20}, {500, 60 << 10}} {
		state := strings.Repeat(text(strings.Repeat("x", c.size)), c.count)
		address, _ := testbed.Serve(t, "tcp4", answersPing(func(ping string) string { return state + pong(ping) }))
		p := newProber(t, address)
		withPing(p)
		if verdict, _ := probe(t, p); !verdict.Healthy() {
			t.Errorf("ping after %d × %d bytes: %v, want ok", c.count, c.size, verdict)
		}
		address, _ = testbed.Serve(t, "tcp4", func(p *testbed.Peer) {
			p.ReadRequestAndAccept()
			io.WriteString(p.TCP, state+text("ready"))
		})
		p = newProber(t, address)
		p.Dialogue = &Dialogue{Want: "ready", Expect: func(message []byte) bool { return string(message) == "ready" }}
		if verdict, _ := probe(t, p); !verdict.Healthy() {
			t.Errorf("a message after %d × %d bytes: %v, want ok", c.count, c.size, verdict)
		}
	}
}

// TestCanceledFlood: nobody waits for the pace of a flood.
func TestCanceledFlood(t *testing.T) {
	t.Parallel()
	p := newProber(t, testbed.Listen(t).Addr().String())
	ctx, cancel := context.WithCancel(t.Context())
	s := newSession(ctx, p)
	s.worked, s.workedFrom = 1000*freeWork, time.Now() // to rest for 2000 s, or the budget
	cancel()
	began := time.Now()
	if s.pace(); time.Since(began) >= p.Timeout {
		t.Errorf("waited %v, want no wait", time.Since(began))
	}
	if s.paced != s.worked {
		t.Errorf("rested for %v, want %v", s.paced, s.worked)
	}
}
