//go:build oracles

package oracle

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wshealthz/internal/testbed"
	"wshealthz/upgrade"
)

func TestMain(m *testing.M) { testbed.Main(m) }

// directPorts is the number of ports on which Chromium reaches the server directly.
const directPorts = 16

// Oracles are the programs that say what a user would get.
type oracles struct {
	*answerer
	browser    *browser
	addresses  []string
	gateways   []gateway
	exceptions map[string]int
	asked      atomic.Int64 // WebSockets that Chromium was to open
}

func startOracles(t *testing.T) *oracles {
	o := &oracles{answerer: newAnswerer(), exceptions: map[string]int{}}
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
	gateways [3]string // "" when not asked, since Chromium does not open it directly
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
	at := int(o.asked.Add(1))
	if v.direct = o.browser.open("ws://"+o.addresses[at%len(o.addresses)]+path, a.asked, false); v.direct != opened {
		return v
	}
	var wait sync.WaitGroup
	for i, gateway := range o.gateways {
		wait.Go(func() {
			at := int(o.asked.Add(1))
			v.gateways[i] = o.browser.open("ws://"+gateway.addresses[at%len(gateway.addresses)]+path, a.asked, false)
		})
	}
	wait.Wait()
	return v
}

// A finding is an answer and what all made of it.
type finding struct {
	*answer
	reason upgrade.Reason
	vote   vote
}

func (f finding) differs() bool { return (f.reason == upgrade.OK) != f.vote.healthy() }

// class is what a smaller answer must share with the one that it stands for.
func (f finding) class() string { return f.reason.String() + " " + f.vote.String() }

// judge asks oracles and wshealthz about an answer.
func (o *oracles) judge(t *testing.T, a *answer) finding {
	path := o.add(a)
	v := o.vote(path, a)
	return finding{a, probe(t, o.addresses[0], path, a.asked).Reason, v}
}

// judgeAll judges many answers at a time.
func (o *oracles) judgeAll(t *testing.T, answers []*answer) []finding {
	findings := make([]finding, len(answers))
	next := make(chan int)
	var wait sync.WaitGroup
	for range tabs * perTab * 2 {
		wait.Go(func() {
			for i := range next {
				findings[i] = o.judge(t, answers[i])
			}
		})
	}
	for i := range answers {
		next <- i
	}
	close(next)
	wait.Wait()
	return findings
}

func setting(t *testing.T, name string, otherwise int) int {
	if text := os.Getenv(name); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	return otherwise
}

// TestAnswers compares the verdicts on generated answers.
func TestAnswers(t *testing.T) {
	seed, count := setting(t, "ORACLES_SEED", 1), setting(t, "ORACLES_ANSWERS", 2000)
	o := startOracles(t)
	g := newGenerator(uint64(seed))
	var answers []*answer
	for range count {
		answers = append(answers, g.answer())
	}
	began := time.Now()
	findings := o.judgeAll(t, answers)
	t.Logf("seed %d: %d answers, %d WebSockets opened by Chromium, in %v", seed, count, o.asked.Load(), time.Since(began).Round(time.Millisecond))
	o.report(t, findings)
}

// excepted reports whether a finding may differ from the yardstick.
func (o *oracles) excepted(f finding) bool {
	for _, e := range exceptions {
		if e.holds(o, f) {
			o.mu.Lock()
			o.exceptions[e.name]++
			o.mu.Unlock()
			return true
		}
	}
	return false
}

// exceptions are the kinds of answer on which the verdict differs from the yardstick, and why.
var exceptions = []struct {
	name, why string
	holds     func(o *oracles, f finding) bool
}{
	{"no offer", "wshealthz offered no extension and Chromium did", func(o *oracles, f finding) bool {
		return !o.offer.Load() && f.has("Sec-WebSocket-Extensions")
	}},
}
