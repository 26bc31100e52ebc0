//go:build linux

package main

import (
	"fmt"
	"slices"
	"time"
)

const (
	warm       = 10_000 // requests or probes after which nothing may grow any more
	maxGrowth  = 1      // MB of resident memory
	sampleTime = 100 * time.Millisecond
	minSamples = 20                      // whose median is compared
	metricsAge = 1500 * time.Millisecond // how old an answer of /metrics may be, and half a second
)

// A part is a run of one wshealthz until a counter of its metrics has reached count.
type part struct {
	what    string
	count   int
	process *process
	counter string
	callers int
	depth   int // requests that each caller sends ahead of the answers
}

// idleWorkers are goroutines that come and go: each of the two listeners keeps one for the next connection.
const idleWorkers = 2

// A settled state is what is open while nobody requests anything and the last connections to the server are closed.
type settled struct{ files, goroutines float64 }

// run runs the part and returns by how much its figures have grown since the first warm.
func (p *part) run() []figure {
	defer p.process.stop()
	began := time.Now()
	c := startCallers(p.process, p.callers, p.depth)
	p.sampleUntil(warm, 0)
	var first, last settled
	c.whilePaused(func() { first = p.settle(func(settled) bool { return true }) })
	before := p.sampleUntil(2*warm, minSamples)
	p.sampleUntil(p.count-p.count/10, 0)
	after := p.sampleUntil(p.count, minSamples)
	c.whilePaused(func() {
		last = p.settle(func(s settled) bool { return s.files <= first.files && s.goroutines <= first.goroutines+idleWorkers })
	})
	c.end()
	values := p.process.metrics()
	took := time.Since(began)
	logf("%s: %.0f in %v, %.0f a second; %.0f answers, %.0f of them shared; resident %.2f MB, then %.2f MB, at most %.2f MB; %.0f files, %.0f goroutines",
		p.what, values[p.counter], took.Round(time.Second), values[p.counter]/took.Seconds(), values["wshealthz_answers_total"], values["wshealthz_shared_answers_total"],
		median(before), median(after), slices.Max(append(before, after...)), last.files, last.goroutines)
	since := fmt.Sprintf(" since the first %d", warm)
	return []figure{
		{p.what + ": growth of resident memory" + since, median(after) - median(before), maxGrowth, "MB"},
		{p.what + ": growth of open files" + since, last.files - first.files, 0, ""},
		{p.what + ": growth of goroutines" + since, last.goroutines - first.goroutines, idleWorkers, ""},
		{p.what + ": probes whose verdict was not ok", values["wshealthz_probes_total"] - values["wshealthz_probes_total/ok"], 0, ""},
	}
}

// sampleUntil samples the resident memory until the counter has reached count and there are enough samples.
func (p *part) sampleUntil(count, samples int) (resident []float64) {
	lastCount, changed := -1.0, time.Now()
	for {
		now := p.process.metrics()[p.counter]
		if now > lastCount {
			lastCount, changed = now, time.Now()
		}
		resident = append(resident, p.process.resident())
		if now >= float64(count) && len(resident) >= samples {
			return resident
		}
		if time.Since(changed) > patience {
			p.process.check(fmt.Errorf("%s stopped at %.0f, want %d", p.what, now, count))
		}
		time.Sleep(sampleTime)
	}
}

// settle waits until all connections to the server are closed and enough is met, and returns what is open then. When that
// does not come, it returns what is open in the end.
func (p *part) settle(enough func(settled) bool) (s settled) {
	time.Sleep(metricsAge)
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(sampleTime) {
		values := p.process.metrics()
		s = settled{values["process_open_fds"], values["go_goroutines"]}
		if values["wshealthz_server_connections"] == 0 && enough(s) {
			break
		}
	}
	return s
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
