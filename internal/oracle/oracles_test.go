//go:build oracles

package oracle

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wshealthz/internal/testbed"
)

// directPorts is the number of ports on which Chromium reaches the server directly.
const directPorts = 16

// Oracles are the programs that say what a user would get from the answering server.
type oracles struct {
	*answerer
	browser   *browser
	addresses []string // of the server
	gateways  []gateway
	asked     atomic.Int64 // WebSockets that Chromium was to open
}

func startOracles(t *testing.T) *oracles {
	t.Helper()
	o := &oracles{answerer: newAnswerer()}
	for range directPorts {
		o.addresses = append(o.addresses, o.serve(t))
	}
	o.gateways = startGateways(t, o.serve(t))
	o.browser = startBrowser(t)
	probe(t, o.addresses[0], "/0", nil) // sets o.offer
	return o
}

// A vote is what Chromium made of an answer: directly, and through each gateway.
type vote struct {
	direct   string
	gateways [3]string // in the order of startGateways; "" when not asked, since Chromium does not open it directly
}

// healthy is the yardstick.
func (v vote) healthy() bool { return healthyVotes(string(v.String()[0]) + " " + v.String()[1:]) }

// String shows a "+" where Chromium opened it, "-" where not, and "." where it was not asked, for Chromium alone, nginx,
// HAProxy and Caddy.
func (v vote) String() string {
	var b strings.Builder
	for _, result := range append([]string{v.direct}, v.gateways[:]...) {
		b.WriteString(map[string]string{opened: "+", refused: "-", "": ".", late: "?"}[result])
	}
	return b.String()
}

// vote asks all oracles about the answer of that path.
func (o *oracles) vote(path string, a *answer) (v vote) {
	if v.direct = o.open(o.addresses, path+"?direct", a, false); v.direct != opened {
		return v
	}
	// When the server closes at once, nobody can see whether a gateway passes on what the client sends.
	staying := path
	if a.closing != stay {
		b := a.clone()
		b.closing = stay
		staying = o.add(b)
	}
	var wait sync.WaitGroup
	for i, gateway := range o.gateways {
		wait.Go(func() {
			v.gateways[i] = o.through(gateway, staying, a)
			if v.gateways[i] == opened && staying != path {
				v.gateways[i] = o.open(gateway.addresses, path, a, false)
			}
		})
	}
	wait.Wait()
	return v
}

// through returns what Chromium makes of an answer through a gateway, refused unless what Chromium sends reaches the
// server: an answer that nginx cannot read it takes for one of HTTP/0.9, and passes on its bytes but none in the other
// direction.
func (o *oracles) through(gateway gateway, path string, a *answer) string {
	target := path + "?" + gateway.name
	result := o.open(gateway.addresses, target, a, false)
	if result == opened && o.ending(target) != closeCame {
		return refused
	}
	return result
}

// open asks Chromium, at the address that is next in turn, and has it read until a message is "end" if it shall.
func (o *oracles) open(addresses []string, target string, a *answer, read bool) string {
	at := int(o.asked.Add(1))
	return o.browser.open("ws://"+addresses[at%len(addresses)]+target, a.asked, read)
}

// ending returns how the connection of a request ended, and waits until it has.
func (o *oracles) ending(target string) ending {
	for end := time.Now().Add(testbed.Patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		o.mu.Lock()
		how, done := o.ends[target]
		o.mu.Unlock()
		if done {
			return how
		}
	}
	return unknown
}

// TestRecordedVotes wants the oracles of this machine to vote as those that were recorded.
func TestRecordedVotes(t *testing.T) {
	o := startOracles(t)
	for i, r := range recorded {
		t.Run(recordedAnswer(i).String(), func(t *testing.T) {
			a := recordedAnswer(i)
			got, want := o.vote(o.add(a), a).String(), r.votes[:1]+r.votes[2:]
			if got[0] == '-' {
				want = want[:1] + "..."
			}
			if got != want {
				t.Errorf("Chromium, nginx, HAProxy and Caddy vote %s, want %s", got, want)
			}
		})
	}
}
