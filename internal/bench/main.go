//go:build linux

// Bench measures what wshealthz costs: CPU time for a fresh handshake, for a shared verdict and at a gateway's real load,
// memory, time to start, size, and how soon an outage shows. It takes one or more binaries and measures them in turns in one
// run, because two runs on one machine differ more than two versions do:
//
//	go run ./internal/bench old/wshealthz new/wshealthz
//
// Each is a process on CPU 0. The WebSocket server and the caller are this process, on the same CPU. CPU time is what the
// kernel counted for the threads of the process and its children (schedstat), so the server and the caller are not in it.
//
// HAProxy, nginx with Lua, Node and the smallest program that does a handshake, in C, are measured too, as far as they are
// installed: a ratio to them says more about another machine than microseconds do. Their configurations are in testdata.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	log.SetFlags(0)
	n := flag.Int("n", 20_000, "requests for each measurement of CPU time")
	many := flag.Int("many", 100_000, "requests before memory is measured the second time")
	load := flag.Duration("load", 20*time.Second, "how long 25 new connections come each second")
	serveAt := flag.String("serve", "", "only serve WebSockets at this address: what an outage does to the server is done to this process")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: go run ./internal/bench [flags] BINARY ...")
		flag.PrintDefaults()
	}
	flag.Parse()
	if *serveAt != "" {
		serveWebSockets(*serveAt)
		select {}
	}
	if flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	pinTo(0)
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, syscall.SIGTERM)
	go func() { fail(<-interrupted) }()
	dir, err := os.MkdirTemp("", "wshealthz-bench-")
	check(err)
	defer os.RemoveAll(dir)
	check(os.Chmod(dir, 0o755)) // others read their files as other users
	b := &bench{server: serveWebSockets("127.0.0.1:0"), ours: flag.NArg(), n: *n, many: *many, load: *load}
	b.enter(dir, flag.Args())
	b.measure()
}

// A bench measures the contestants in turns.
type bench struct {
	contestants []*contestant
	ours        int    // of them are wshealthz, and come first; the others are compared with the first
	server      string // its address
	n, many     int
	load        time.Duration
}

// enter enters the binaries, and whatever else is installed here.
func (b *bench) enter(dir string, binaries []string) {
	for _, binary := range binaries {
		b.contestants = append(b.contestants, wshealthz(binary))
	}
	if c, err := smallest(dir); err != nil {
		skipped(theSmallest, err)
	} else {
		b.contestants = append(b.contestants, c)
	}
	for _, k := range competitors {
		if c, err := k.contestant(dir, b.server); err != nil {
			skipped(k.name, err)
		} else {
			b.contestants = append(b.contestants, c)
		}
	}
}

func skipped(name string, err error) { fmt.Printf("SKIPPED: %s: %v\n", name, err) }

func (b *bench) measure() {
	b.header()
	b.row("executable", "MiB", b.each(size), goal{8, ""})
	b.row("exec to first 200, best of 20", "ms", b.bestOf(20, b.firstAnswer), goal{4, ""})
	fresh := b.freshHandshakes()
	b.checks(fresh)
	b.sharedVerdict()
	b.realLoad()
	b.row("20 processes, PSS each", "MB", b.each(b.pssOf20), goal{1.7, ""})
	b.outages()
}

// each returns one measurement of each contestant.
func (b *bench) each(measure func(c *contestant) float64) []float64 {
	var values []float64
	for _, c := range b.contestants {
		values = append(values, measure(c))
	}
	return values
}

// bestOf returns the lowest of n measurements of each contestant, taken in turns.
func (b *bench) bestOf(n int, measure func(c *contestant) float64) []float64 {
	values := b.each(measure)
	for range n - 1 {
		for i, again := range b.each(measure) {
			values[i] = min(values[i], again)
		}
	}
	return values
}

func size(c *contestant) float64 {
	info, err := os.Stat(c.executable)
	check(err)
	return float64(info.Size()) / (1 << 20)
}

// firstAnswer returns the milliseconds from the start of the process to the end of its first answer.
func (b *bench) firstAnswer(c *contestant) float64 {
	began := time.Now()
	p := c.start(b.server, c.least())
	p.get(1)
	took := time.Since(began)
	p.stop()
	return float64(took.Microseconds()) / 1000
}

func check(err error) {
	if err != nil {
		fail(strings.TrimSpace(err.Error()))
	}
}

// fail ends the bench, and all that it started.
func fail(why ...any) {
	for _, pid := range childrenOf(os.Getpid()) {
		id, _ := strconv.Atoi(pid)
		syscall.Kill(id, syscall.SIGTERM)
		syscall.Kill(id, syscall.SIGCONT) // the server may be stopped
	}
	log.Fatalln(append([]any{"bench:"}, why...)...)
}
