//go:build oracles

package oracle

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"wshealthz/internal/testbed"
)

func TestMain(m *testing.M) { testbed.Main(m) }

// directPorts is the number of ports on which Chromium reaches the server directly.
const directPorts = 16

// Oracles are the programs that say what a user would get.
type oracles struct {
	*answerer
	browser   *browser
	addresses []string
	gateways  []gateway
	asked     atomic.Int64 // WebSockets that Chromium was to open
}

func startOracles(t *testing.T) *oracles {
	o := &oracles{answerer: newAnswerer()}
	for range directPorts {
		o.addresses = append(o.addresses, o.serve(t))
	}
	o.gateways = startGateways(t, o.serve(t))
	o.browser = startBrowser(t)
	probe(t, o.addresses[0], "/0", nil)
	return o
}

// A vote is what Chromium made of an answer: directly, and through each gateway.
type vote struct {
	direct   string
	gateways [3]string // in the order of startGateways, "" when not asked, since Chromium does not open it directly
}

// healthy is the yardstick.
func (v vote) healthy() bool {
	passed := 0
	for _, result := range v.gateways {
		if result == opened {
			passed++
		}
	}
	return v.direct == opened && passed >= 2
}

// String shows a "+" where Chromium opened it and a "-" where not, for Chromium alone, nginx, HAProxy and Caddy.
func (v vote) String() string {
	var b strings.Builder
	for _, result := range append([]string{v.direct}, v.gateways[:]...) {
		b.WriteString(map[string]string{opened: "+", refused: "-", "": ".", late: "?"}[result])
	}
	return b.String()
}

// vote asks all oracles.
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
			v.gateways[i] = o.passes(gateway, staying, a)
			if v.gateways[i] == opened && staying != path {
				v.gateways[i] = o.open(gateway.addresses, path, a, false)
			}
		})
	}
	wait.Wait()
	return v
}

// passes returns what Chromium makes of an answer through a gateway, refused unless what Chromium sends reaches the
// server: nginx takes an answer that does not begin as HTTP does for one of HTTP/0.9 and passes its bytes on, but
// nothing in the other direction.
func (o *oracles) passes(gateway gateway, path string, a *answer) string {
	target := path + "?" + gateway.name
	result := o.open(gateway.addresses, target, a, false)
	if result == opened && o.ending(target) != greeted {
		return refused
	}
	return result
}

// open asks Chromium, at the address that is next in turn, and has it read until a message is "end" if it shall.
func (o *oracles) open(addresses []string, target string, a *answer, read bool) string {
	at := int(o.asked.Add(1))
	return o.browser.open("ws://"+addresses[at%len(addresses)]+target, a.asked, read)
}
