package faults

import (
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"net/url"
	"os"
	"testing"
	"time"

	"wshealthz/internal/testbed"
	"wshealthz/upgrade"
)

const (
	// shortTimeout is the budget of probes that must use it up: enough for what comes before to arrive.
	shortTimeout = 2 * time.Second
	// maxLate is by how much the time of all phases may exceed the budget, apart from what the machine itself is late.
	maxLate = 50 * time.Millisecond
	// maxTries is how often a case is tried. A busy machine may hold up any one probe: then its verdict is late, its budget
	// is used up before the fault begins, or the second in which its connection is closed is over before the server acts.
	maxTries = 5
)

func TestMain(m *testing.M) {
	flag.Set("test.parallel", "16") // they wait for time to pass, but each takes some CPU before that
	os.Exit(m.Run())
}

// TestFaults: each fault has the reason that fits what the client sees of it, and the verdict is not late.
func TestFaults(t *testing.T) {
	t.Parallel()
	pair := testbed.Certificate{}.Make(t)
	for _, c := range faultCases {
		for _, scheme := range []string{"ws", "wss"} {
			if c.only != "" && c.only != scheme {
				continue
			}
			t.Run(c.String()+" "+scheme, func(t *testing.T) {
				t.Parallel()
				problem := ""
				for range maxTries {
					if problem = c.try(t, scheme, pair); problem == "" || t.Failed() {
						return
					}
				}
				t.Errorf("at best of %d tries: %s", maxTries, problem)
			})
		}
	}
}

// try probes a new server through a new proxy and fails the test when the verdict is wrong. It returns what may be wrong
// because the machine was busy, "" when nothing is.
func (c *faultCase) try(t *testing.T, scheme string, pair *testbed.Pair) (problem string) {
	t.Helper()
	var between *proxy
	script := c.serve(func() { between.begin() })
	if scheme == "wss" {
		script = testbed.TLS(pair.ServerConfig(), script)
	}
	address, _ := testbed.Serve(t, "tcp4", script)
	between = startProxy(t, address, c.toxic, c.stream(), c.attributes)
	if c.from == connect {
		between.begin()
	}
	p := &upgrade.Prober{Target: upgrade.Target{
		URL: &url.URL{Scheme: scheme, Host: between.Listen, Path: "/"}, Timeout: c.budget(),
		TLS: func() *tls.Config { return &tls.Config{RootCAs: pair.Pool(), ServerName: "localhost"} },
	}}
	p.Dialogue = c.dialogue(&p.Target)
	var result upgrade.CloseResult
	p.Closed = func(_ upgrade.Verdict, r upgrade.CloseResult) { result = r }
	began, machineLate := time.Now(), make(chan time.Duration, 1)
	if c.timesOut() {
		go func() { machineLate <- oversleep(p.Timeout) }()
	} else {
		machineLate <- 0
	}
	verdict := p.Probe(t.Context())
	took := time.Since(began)
	p.Wait(context.Background())

	if c.timesOut() && took < p.Timeout {
		t.Errorf("%v after %v, before the budget of %v was used up", verdict, took, p.Timeout)
	}
	late := -p.Timeout - <-machineLate
	for _, phase := range verdict.Took {
		late += phase
	}
	switch {
	case c.timesOut() && isTimeout(verdict.Reason) && verdict.Reason.Phase() < c.want.Phase():
		return fmt.Sprintf("%v, want %v", verdict, c.want)
	case verdict.Reason != c.want:
		t.Errorf("%v, want %v", verdict, c.want)
	case late > maxLate:
		return fmt.Sprintf("the phases took %v more than the budget, what the machine is late left out, want at most %v", late, maxLate)
	case c.closed != "" && result.Outcome != c.closed:
		return fmt.Sprintf("closed: %+v, want %v", result, c.closed)
	}
	return ""
}

// oversleep returns by how much a sleep is late: as late may a verdict be that waits for the same time.
func oversleep(d time.Duration) time.Duration {
	began := time.Now()
	time.Sleep(d)
	return time.Since(began) - d
}

// dialogue returns the exchange of the case's check with t.
func (c *faultCase) dialogue(t *upgrade.Target) *upgrade.Dialogue {
	switch protocol, found := upgrade.FindProtocol(c.check); {
	case c.check == "ping":
		return upgrade.Ping()
	case found:
		return protocol.Dialogue(t)
	}
	return nil
}

// timesOut reports whether the case uses up the budget.
func (c *faultCase) timesOut() bool { return isTimeout(c.want) }

func isTimeout(reason upgrade.Reason) bool {
	switch reason {
	case upgrade.DialTimeout, upgrade.TLSTimeout, upgrade.UpgradeTimeout, upgrade.ReplyTimeout:
		return true
	}
	return false
}

// budget returns the timeout of a probe: short where it is used up, else one that even a slow machine does not use up.
func (c *faultCase) budget() time.Duration {
	if c.timesOut() {
		return shortTimeout
	}
	return testbed.Patience
}
