//go:build linux

// Bench measures what wshealthz costs: CPU time for a fresh handshake and for a shared verdict, memory, time to start,
// size. It takes one or more binaries and measures them in turns in one run, because two runs on one machine differ more
// than two versions do:
//
//	go run ./internal/bench old/wshealthz new/wshealthz
//
// Each binary is a process on CPU 0. The WebSocket server and the caller are this process, on the same CPU. CPU time is
// what the kernel counted for the binary's threads (schedstat), so the server and the caller are not in it. Where there
// is a C compiler, the smallest program that does the same is measured too: the ratio to it says more about another
// machine than microseconds do.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"strings"
	"time"
)

func main() {
	log.SetFlags(0)
	n := flag.Int("n", 20_000, "requests for each measurement of CPU time")
	many := flag.Int("many", 100_000, "requests before memory is measured the second time")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: go run ./internal/bench [flags] BINARY ...")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	pinTo(0)
	b := &bench{binaries: flag.Args(), server: serveWebSockets(), n: *n, many: *many}
	b.header()
	b.row("binary", "MiB", 9.3, b.each(size))
	b.row("exec to first 200, best of 20", "ms", unbounded, b.bestOf(20, b.firstAnswer))
	fresh := b.freshHandshakes()
	b.checks(fresh)
	b.sharedVerdict()
	b.row("20 processes, PSS each", "MB", 2, b.each(b.pssOf20))
	b.smallest(fresh)
}

// A bench measures the binaries in turns. The first of them is what the others are compared with.
type bench struct {
	binaries []string
	server   string // URL
	n, many  int
}

// each returns one measurement of each binary.
func (b *bench) each(measure func(binary string) float64) []float64 {
	var values []float64
	for _, binary := range b.binaries {
		values = append(values, measure(binary))
	}
	return values
}

// bestOf returns the lowest of n measurements of each binary, taken in turns.
func (b *bench) bestOf(n int, measure func(binary string) float64) []float64 {
	values := b.each(measure)
	for range n - 1 {
		for i, again := range b.each(measure) {
			values[i] = min(values[i], again)
		}
	}
	return values
}

func (b *bench) header() {
	fmt.Printf("%-36s", "")
	for _, binary := range b.binaries {
		fmt.Printf(" %20s", binary[max(0, len(binary)-20):])
	}
	fmt.Println()
}

// row prints a value of each binary, for those after the first also the change from it, and the bound if there is one.
func (b *bench) row(what, unit string, atMost float64, values []float64) {
	fmt.Printf("%-36s", what)
	for i, value := range values {
		change := ""
		if i > 0 && values[0] > 0 {
			change = fmt.Sprintf(" (%+.1f %%)", 100*(value/values[0]-1))
		}
		fmt.Printf(" %9.2f%11s", value, change)
	}
	fmt.Printf("  %s", unit)
	if atMost >= 0 {
		fmt.Printf(" (at most %g)", atMost)
	}
	fmt.Println()
}

const unbounded = -1

func size(binary string) float64 {
	info, err := os.Stat(binary)
	check(err)
	return float64(info.Size()) / (1 << 20)
}

// firstAnswer returns the milliseconds from the start of the process to the end of its first answer.
func (b *bench) firstAnswer(binary string) float64 {
	began := time.Now()
	p := start(binary, b.server, "0s")
	p.get(1)
	took := time.Since(began)
	p.stop()
	return float64(took.Microseconds()) / 1000
}

// pssOf20 returns the proportional set size of one of 20 processes, which share the pages of their binary.
func (b *bench) pssOf20(binary string) float64 {
	const count = 20
	sum := 0.0
	var all []*process
	for range count {
		p := start(binary, b.server, "0s")
		p.get(60)
		all = append(all, p)
	}
	for _, p := range all {
		sum += p.kilobytes("smaps_rollup", "Pss") * 1024 / 1e6
	}
	for _, p := range all {
		p.stop()
	}
	return sum / count
}

func check(err error) {
	if err != nil {
		log.Fatalln("bench:", strings.TrimSpace(err.Error()))
	}
}
