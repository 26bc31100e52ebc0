//go:build linux

package main

import (
	"fmt"
	"time"
)

// memory prints what is resident of each process. Pages that nginx's master and worker share count twice.
func (b *bench) memory(after string, all []*process) {
	for _, line := range []struct {
		what, name string
		goals      []goal
	}{
		{"resident after " + after + " probes", "VmRSS", []goal{{7.5, ""}}},
		{"  of which anonymous", "RssAnon", nil},
		{"  of which the executable and libraries", "RssFile", nil},
	} {
		b.row(line.what, "MB", each(all, func(p *process) float64 { return p.megabytes("status", line.name) }), line.goals...)
	}
}

// idle prints the CPU time of processes that nobody asks. HAProxy makes its checks meanwhile.
func (b *bench) idle(all []*process) {
	const seconds = 5
	before := each(all, func(p *process) float64 { return float64(p.cpuTime()) })
	time.Sleep(seconds * time.Second)
	values := each(all, func(p *process) float64 { return float64(p.cpuTime()) })
	for i := range values {
		values[i] = (values[i] - before[i]) / 1e6
	}
	b.row(fmt.Sprintf("CPU in %d s without callers", seconds), "ms", values)
}

// pssOf20 returns the proportional set size of one of 20 instances, which share the pages of their executable.
func (b *bench) pssOf20(c *contestant) float64 {
	const count = 20
	sum := 0.0
	var all []*process
	for range count {
		p := c.start(b.server, c.least())
		p.get(60)
		all = append(all, p)
	}
	for _, p := range all {
		sum += p.megabytes("smaps_rollup", "Pss")
	}
	stop(all)
	return sum / count
}
