package upgrade

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"wshealthz/internal/testbed"
)

// TestFloodIsPaced: of a flood no more is read within the budget than what is free, what is paced, and what the kernel holds.
func TestFloodIsPaced(t *testing.T) {
	t.Parallel()
	const kernel = 16 << 20 // bytes in both buffers of the connection, at most
	for name, message := range map[string]string{"binary": binary(strings.Repeat("x", 1<<20)), "empty": binary("")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			block := strings.Repeat(message, 1<<20/len(message)+1)
			sent := make(chan int64, 1)
			address, _ := testbed.Serve(t, "tcp4", func(p *testbed.Peer) {
				p.ReadRequestAndAccept()
				p.DoNotWatch()
				n, _ := io.Copy(p.TCP, struct{ io.Reader }{&endless{block, 0}})
				sent <- n
			})
			p := newProber(t, address)
			withShortPing(p)
			verdict := p.Probe(t.Context())
			if verdict.Reason != ReplyTimeout {
				t.Errorf("%v, want no reply", verdict)
			}
			seconds := int64(verdict.Took[Exchange]/time.Second) + 1
			if n, most := <-sent, freeWork+pacedWork*seconds+closeBytes+kernel; n > most {
				t.Errorf("the server could send %d bytes, want at most %d", n, most)
			}
			p.Wait(context.Background())
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

// TestReplyInAFlood: it is found in what is free, and beyond.
func TestReplyInAFlood(t *testing.T) {
	t.Parallel()
	for _, size := range []int{freeWork / 2, freeWork + pacedWork} {
		address, _ := testbed.Serve(t, "tcp4", answersPing(func(ping string) string {
			return strings.Repeat(text(strings.Repeat("x", 1<<10)), size>>10) + pong(ping)
		}))
		p := newProber(t, address)
		withPing(p)
		if verdict, _ := probe(t, p); !verdict.Healthy() {
			t.Errorf("after %d bytes: %v, want ok", size, verdict)
		}
	}
}

// TestCanceledFlood: nobody waits for the pace of a flood.
func TestCanceledFlood(t *testing.T) {
	t.Parallel()
	p := newProber(t, testbed.Listen(t).Addr().String())
	ctx, cancel := context.WithCancel(t.Context())
	s := newSession(ctx, p)
	s.work = freeWork + 1000*pacedWork // 1000 s, or the budget
	cancel()
	began := time.Now()
	if s.pace(); time.Since(began) >= p.Timeout {
		t.Errorf("waited %v, want no wait", time.Since(began))
	}
	if s.paced != s.work {
		t.Errorf("%d units are paid for, want %d", s.paced, s.work)
	}
}
