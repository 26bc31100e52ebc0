//go:build e2e

package charts

import (
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var rollouts = flag.Int("rollouts", 1, "how often TestClusterDrain rolls each Deployment; with more than one, it also rolls the variants that take longer")

// A drainVariant is one of the ways to end a pod that are compared.
type drainVariant struct {
	mode, kind string
	sessions   int           // drain.sessionSeconds
	late       time.Duration // after which the gateway learns of a pod; 0: 10 s
	long       bool          // not for each change of the code
}

func (v drainVariant) String() string {
	return fmt.Sprintf("%s %s %d %s", v.mode, v.kind, v.sessions, v.delay())
}

func (v drainVariant) delay() time.Duration { return cmp.Or(v.late, 10*time.Second) }

var drainVariants = []drainVariant{
	{mode: "none", kind: "native"},
	{mode: "sleep", kind: "native", long: true},
	{mode: "informed", kind: "native"},
	{mode: "informed", kind: "plain", long: true},
	{mode: "informed", kind: "native", sessions: 60, long: true},
	// The pod is gone before the gateway learns of that: only its probe tells it.
	{mode: "informed", kind: "native", late: time.Minute, long: true},
}

// A drainResult is what became of clients and pods in the rollouts of a variant.
type drainResult struct {
	clientsReport
	ends []time.Duration // from the deletion of each pod until it was gone
}

// TestClusterDrain rolls websocket-server while 200 WebSocket clients are connected through two instances of a gateway that
// learns of pods 10 s late, and 20 more come each second. With the modes sleep and informed nobody is refused, and informed ends
// pods sooner. Without either some must be refused: else the gateway would be better than a real one.
func TestClusterDrain(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	results := map[drainVariant]*drainResult{}
	t.Run("rollouts", func(t *testing.T) {
		for _, variant := range drainVariants {
			if variant.long && *rollouts == 1 {
				continue
			}
			t.Run(variant.String(), func(t *testing.T) {
				t.Parallel()
				result := rollDeployment(newCluster(t), variant)
				mu.Lock()
				defer mu.Unlock()
				results[variant] = result
			})
		}
	})
	if t.Failed() {
		return
	}
	fmt.Print(drainTable(results))
	for variant, result := range results {
		if n := len(result.Refused); variant.mode == "none" && n == 0 {
			t.Error("without a drain nobody is refused, so the gateway of this test is not like a real one")
		} else if variant.mode != "none" && n > 0 {
			t.Errorf("%s: %d clients are refused, want none", variant, n)
		}
		if n := len(result.Cut); n > 0 {
			t.Errorf("%s: %d WebSockets are cut, want none", variant, n)
		}
		if variant.sessions > 0 && result.Away > 0 {
			t.Errorf("%s: the server has closed %d WebSockets, want that users are waited for", variant, result.Away)
		}
		sleep := results[drainVariants[1]]
		if sleep != nil && variant.mode == "informed" && variant.sessions == 0 && mean(result.ends) >= mean(sleep.ends) {
			t.Errorf("%s: a pod ends after %s, want sooner than with sleep, which takes %s", variant, mean(result.ends), mean(sleep.ends))
		}
	}
}

// rollDeployment installs websocket-server and rolls it.
func rollDeployment(c *cluster, variant drainVariant) *drainResult {
	c.Helper()
	c.install("wshealthz", "websocket-server", merged(c.T, serverValues(), fmt.Sprintf(`replicaCount: 2
terminationGracePeriodSeconds: null
wshealthz: {enabled: true, kind: %s, drain: {mode: %s, sessionSeconds: %d}, probe: {enabled: true}}`, variant.kind, variant.mode, variant.sessions)))
	balancers := c.startBalancers(c.live(), variant.delay())
	c.rollout(demoDeployment, demo)
	result := &drainResult{}
	for range *rollouts {
		c.untilPlaced(balancers)
		clients := c.startClients(balancers)
		began, old, ends := time.Now(), c.pods(demo), c.watchEnds()
		logs := map[string]func() string{}
		for _, pod := range old {
			logs[pod.Name] = c.follow(pod.Name)
		}
		c.kubectl("rollout", "restart", "deployment/"+demoDeployment)
		c.kubectl("rollout", "status", "deployment/"+demoDeployment, "--timeout=300s")
		for _, pod := range old {
			c.until("the end of "+pod.Name, patience, func() error {
				if took := ends.of(pod.Name); took > 0 {
					result.ends = append(result.ends, took)
					return nil
				}
				return errors.New("still there")
			})
		}
		c.untilPlaced(balancers)
		report := clients.stop()
		for pod, log := range logs {
			c.Logf("%s took %s to end; %s", pod, ends.of(pod).Round(100*time.Millisecond), drainOutcome(log()))
		}
		c.logLosses("refused", report.Refused, began)
		c.logLosses("cut", report.Cut, began)
		result.add(report)
	}
	return result
}

// drainOutcome returns what came of the drain in the log of a sidecar.
func drainOutcome(log string) string {
	for line := range strings.Lines(log) {
		var entry struct{ Msg, Outcome string }
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "drained" {
			return entry.Outcome
		}
	}
	return "no outcome of a drain"
}

// drainTable returns the results as a table in Markdown.
func drainTable(results map[drainVariant]*drainResult) string {
	var table strings.Builder
	table.WriteString("| `drain.mode` | `sessionSeconds` | `kind` | the gateway learns after | rollouts | WebSockets | refused or broken | cut | closed by the server | a pod took to end |\n" +
		"| --- | --: | --- | --: | --: | --: | --: | --: | --: | --: |\n")
	for _, variant := range drainVariants {
		if r := results[variant]; r != nil {
			fmt.Fprintf(&table, "| `%s` | %d | `%s` | %s | %d | %d | %d | %d | %d | %.1f s (%.1f to %.1f) |\n", variant.mode, variant.sessions, variant.kind, variant.delay(), *rollouts,
				r.Served+len(r.Refused), len(r.Refused), len(r.Cut), r.Away, mean(r.ends).Seconds(), slices.Min(r.ends).Seconds(), slices.Max(r.ends).Seconds())
		}
	}
	return table.String()
}

func mean(list []time.Duration) (mean time.Duration) {
	for _, d := range list {
		mean += d / time.Duration(len(list))
	}
	return mean
}
