//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

const rounds = 5 // the best of which counts

// startAll starts each binary and lets it answer until its caches and its heap are warm.
func (b *bench) startAll(maxAge string, env ...string) []*process {
	var all []*process
	for _, binary := range b.binaries {
		p := start(binary, b.server, maxAge, env...)
		p.get(2000)
		all = append(all, p)
	}
	return all
}

// cpu returns the CPU time of one request in µs for each process: the best of some rounds, in which they take turns.
func (b *bench) cpu(all []*process) []float64 {
	values := make([]float64, len(all))
	for round := range rounds {
		for i, p := range all {
			if took := p.cpuOf(b.n); round == 0 || took < values[i] {
				values[i] = took
			}
		}
	}
	return values
}

// freshHandshakes measures requests that each take a handshake with the server, and memory before and after many.
func (b *bench) freshHandshakes() []float64 {
	var all []*process
	for _, binary := range b.binaries {
		p := start(binary, b.server, "0s")
		p.get(60)
		all = append(all, p)
	}
	b.memory("60", 9.4, all)
	for _, p := range all {
		p.get(2000)
	}
	fresh := b.cpu(all)
	b.row("GET with a fresh handshake", "µs of CPU", unbounded, fresh)
	for _, p := range all {
		p.get(b.many)
	}
	b.memory(fmt.Sprint(b.many), 11.7, all)
	var before, idle []float64
	for _, p := range all {
		before = append(before, float64(p.cpuTime()))
	}
	time.Sleep(5 * time.Second)
	for i, p := range all {
		idle = append(idle, (float64(p.cpuTime())-before[i])/1e6)
		p.stop()
	}
	b.row("CPU in 5 s without callers", "ms", unbounded, idle)
	return fresh
}

func (b *bench) memory(after string, atMost float64, all []*process) {
	for _, line := range []struct {
		what, name string
		atMost     float64
	}{
		{"resident after " + after + " probes", "VmRSS", atMost},
		{"  of which anonymous", "RssAnon", unbounded},
		{"  of which the binary", "RssFile", unbounded},
	} {
		var values []float64
		for _, p := range all {
			values = append(values, p.kilobytes("status", line.name)/1024)
		}
		b.row(line.what, "MiB", line.atMost, values)
	}
}

// checks measures requests that also exchange messages with the server.
func (b *bench) checks(fresh []float64) {
	for _, check := range []string{"ping", "graphql-ws"} {
		all := b.startAll("0s", "WSHEALTHZ_CHECK="+check)
		values := b.cpu(all)
		b.row("GET with "+check, "µs of CPU", unbounded, values)
		for i, p := range all {
			values[i] /= fresh[i]
			p.stop()
		}
		b.row("  times the handshake", "", unbounded, values)
	}
}

// sharedVerdict measures requests that are answered with the verdict of an earlier one.
func (b *bench) sharedVerdict() {
	all := b.startAll("1h")
	b.row("GET with a shared verdict", "µs of CPU", unbounded, b.cpu(all))
	for _, p := range all {
		p.stop()
	}
}

// smallest measures the smallest program that does the same, and how many times its CPU time a fresh handshake takes.
func (b *bench) smallest(fresh []float64) {
	dir, err := os.MkdirTemp("", "wshealthz-bench-")
	check(err)
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "smallest")
	if out, err := exec.Command("cc", "-O2", "-o", binary, "internal/bench/testdata/smallest.c").CombinedOutput(); err != nil {
		fmt.Printf("SKIPPED: the smallest program: no C compiler (cc) that builds it here: %v %s\n", err, out)
		return
	}
	p := start(binary, b.server, "0s")
	p.get(2000)
	least := b.cpu([]*process{p})[0]
	p.stop()
	b.row("the smallest program", "µs of CPU", unbounded, []float64{least})
	var ratios []float64
	for _, value := range fresh {
		ratios = append(ratios, value/least)
	}
	b.row("  a fresh handshake is", "times that", unbounded, ratios)
}
