//go:build linux

package main

import (
	"fmt"
	"math"
	"time"
)

const rounds = 5 // the best of which counts

// startAll starts the first count contestants that can do with maxAge, and asks each n times; the others are nil.
func (b *bench) startAll(n, count int, maxAge time.Duration, env ...string) []*process {
	all := make([]*process, len(b.contestants))
	for i, c := range b.contestants[:count] {
		if c.can(maxAge) {
			all[i] = c.start(b.server, maxAge, env...)
			all[i].get(n)
		}
	}
	return all
}

// warm are the requests after which caches and heap are warm.
const warm = 2000

func stop(all []*process) {
	for _, p := range all {
		if p != nil {
			p.stop()
		}
	}
}

// each returns one measurement of each process, NaN where there is none.
func each(all []*process, measure func(*process) float64) []float64 {
	var values []float64
	for _, p := range all {
		value := math.NaN()
		if p != nil {
			value = measure(p)
		}
		values = append(values, value)
	}
	return values
}

// cpu returns the CPU time in µs of each request that ask makes n of: the best of some rounds, in which processes take
// turns.
func (b *bench) cpu(all []*process, ask func(p *process, n int)) []float64 {
	measure := func(p *process) float64 {
		before := p.cpuTime()
		ask(p, b.n)
		return float64(p.cpuTime()-before) / float64(b.n) / 1000
	}
	values := each(all, measure)
	for range rounds - 1 {
		for i, again := range each(all, measure) {
			values[i] = min(values[i], again)
		}
	}
	return values
}

// freshHandshakes measures requests that each take a handshake with the server, and memory before and after many.
func (b *bench) freshHandshakes() []float64 {
	var all, asked []*process // asked are those that do a handshake for each request, and nil for the others
	for _, c := range b.contestants {
		p := c.start(b.server, c.least())
		p.get(60)
		all = append(all, p)
		if !c.fresh {
			p = nil
		}
		asked = append(asked, p)
	}
	defer stop(all)
	b.memory("60", all)
	each(asked, func(p *process) float64 { p.get(warm); return 0 })
	fresh := b.cpu(asked, (*process).get)
	b.row("GET with a fresh handshake", "µs of CPU", fresh, goal{1.5, theNginx})
	b.row("  times the smallest program", "", divided(fresh, b.valueOf(theSmallest, fresh)))
	each(all, func(p *process) float64 { p.get(b.many); return 0 })
	b.memory(fmt.Sprint(b.many), all)
	b.idle(all)
	return fresh
}

// divided returns the values, each divided by one.
func divided(values []float64, by float64) []float64 {
	var quotients []float64
	for _, value := range values {
		quotients = append(quotients, value/by)
	}
	return quotients
}

// checks measures requests that also exchange messages with the server, which wshealthz alone does.
func (b *bench) checks(fresh []float64) {
	for _, check := range []string{"ping", "graphql-ws"} {
		all := b.startAll(warm, b.ours, 0, "WSHEALTHZ_CHECK="+check)
		values := b.cpu(all, (*process).get)
		stop(all)
		b.row("GET with "+check, "µs of CPU", values)
		for i := range values {
			values[i] /= fresh[i]
		}
		b.row("  times the handshake", "", values)
	}
}

// sharedVerdict measures requests that are answered with the verdict of an earlier one.
func (b *bench) sharedVerdict() {
	all := b.startAll(warm, len(b.contestants), time.Hour)
	defer stop(all)
	b.row("GET with a shared verdict", "µs of CPU", b.cpu(all, (*process).get), goal{1.3, theHAProxy})
	b.row("  on a new connection each", "µs of CPU", b.cpu(all, (*process).getOnNew))
	cold := each(all, func(p *process) float64 { return p.cpuAtLoad(b.load/2) * 1000 / perSecond })
	b.row(fmt.Sprintf("  the same, cold: %d a second", perSecond), "µs of CPU", cold)
	b.row(fmt.Sprintf("  over %d connections", connections), "requests/s", each(all, (*process).throughput))
}
