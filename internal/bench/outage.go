//go:build linux

package main

import (
	"math"
	"math/rand/v2"
	"os"
	"sync"
	"syscall"
	"time"

	"wshealthz/internal/testbed/program"
)

const outageRounds = 3 // the worst of which counts

// outages measures how soon the answers change when the server is killed, stopped and well again, for callers who ask all the
// time. All contestants are asked about the same server at the same time, and give a verdict again for a second.
func (b *bench) outages() {
	server := startServer(freeAddress())
	inner := *b
	inner.server = server.address
	all := inner.startAll(warm, len(b.contestants), time.Second)
	defer stop(all)
	steps := []struct {
		what   string
		do     func()
		status int
	}{
		{"kill -9 of the server to 503", func() { server.Kill() }, 503},
		{"  restart to 200", func() { server = startServer(server.address) }, 200},
		{"kill -STOP of the server to 503", func() { server.Signal(syscall.SIGSTOP) }, 503},
		{"  kill -CONT to 200", func() { server.Signal(syscall.SIGCONT) }, 200},
	}
	worst := make([][]float64, len(steps))
	for range outageRounds {
		for i, step := range steps {
			pause := time.Second + rand.N(time.Second) // so that it happens at any moment of a verdict's second
			askAll(all, func(_ int, since time.Duration) bool { return since > pause })
			step.do()
			worst[i] = maxOf(worst[i], askAll(all, func(status int, _ time.Duration) bool { return status == step.status }))
		}
	}
	server.Kill()
	for i, step := range steps {
		b.row(step.what, "ms, worst of 3", worst[i])
	}
}

// askAll asks each process again and again until an answer is the last, and returns after how many ms that came.
func askAll(all []*process, last func(status int, since time.Duration) bool) []float64 {
	began := time.Now()
	values := make([]float64, len(all))
	var asking sync.WaitGroup
	for i, p := range all {
		values[i] = math.NaN()
		if p == nil {
			continue
		}
		asking.Go(func() {
			for {
				status, err := p.status()
				check(err)
				since := time.Since(began)
				if last(status, since) {
					values[i] = float64(since.Milliseconds())
					return
				}
				time.Sleep(5 * time.Millisecond)
			}
		})
	}
	asking.Wait()
	return values
}

// maxOf returns the higher of each two values; those of a may be nil.
func maxOf(a, b []float64) []float64 {
	for i := range a {
		b[i] = max(a[i], b[i])
	}
	return b
}

// A serverProcess is the WebSocket server in a process of its own.
type serverProcess struct {
	*program.Process
	address string
}

// startServer returns once the server listens.
func startServer(address string) *serverProcess {
	executable, err := os.Executable()
	check(err)
	started, err := program.Start(executable, os.Environ(), nil, "-serve", address)
	check(err)
	conn, err := dialUntil(address, started.Exited())
	check(err)
	conn.Close()
	return &serverProcess{started, address}
}
