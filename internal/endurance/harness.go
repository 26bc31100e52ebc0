//go:build linux

package main

import (
	"context"
	"log"
	"os"
	"sync"

	"wshealthz/internal/testbed/program"
)

// A harness holds what must be ended and removed, also when something goes wrong.
type harness struct {
	dir string // temporary, for executables

	mu      sync.Mutex
	running []*program.Process
}

func newHarness() *harness {
	dir, err := os.MkdirTemp("", "wshealthz-endurance-")
	if err != nil {
		log.Fatalln(err)
	}
	return &harness{dir: dir}
}

// build builds a main package and returns the path of the executable.
func (h *harness) build(pkg string) string {
	path, err := program.Build(context.Background(), h.dir, pkg)
	h.check(err)
	return path
}

// start starts an executable that close ends. env is its whole environment.
func (h *harness) start(executable string, env []string, args ...string) *program.Process {
	h.mu.Lock()
	defer h.mu.Unlock()
	p, err := program.Start(executable, env, nil, args...)
	if err != nil {
		h.fail(err)
	}
	h.running = append(h.running, p)
	return p
}

// close ends all processes that still run, and removes the directory.
func (h *harness) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.killAll()
}

// check ends the program when err is not nil, and what it started before that.
func (h *harness) check(err error) {
	if err != nil {
		h.mu.Lock() // for good: nothing starts any more
		h.fail(err)
	}
}

func (h *harness) fail(err error) {
	h.killAll()
	for _, p := range h.running {
		if lines := p.Lines(); len(lines) > 0 {
			log.Printf("the log of process %d ends with %s", p.PID(), lines[len(lines)-1])
		}
	}
	log.Fatalln(err)
}

func (h *harness) killAll() {
	for _, p := range h.running {
		p.Kill()
	}
	os.RemoveAll(h.dir)
}
