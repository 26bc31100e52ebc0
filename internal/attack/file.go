//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// files are attacks by a file that changes.
func files() []*attack {
	return []*attack{{
		name: "HEADERS_FILE swapped with a FIFO in a loop", quick: true, files: true, environment: []string{"WSHEALTHZ_MAX_AGE=0s"},
		meanwhile: (*arena).swapFIFO, least: load{Requests: 1}, play: func(c *callers) { c.keepAlive(4, time.Millisecond) },
	}}
}

// quiet are attacks that leave the CPUs some time, so they are played together.
func quiet() []*attack {
	fresh := []string{"WSHEALTHZ_MAX_AGE=0s"}
	const mostLines = 14 // 10 a minute, one that says how many more, and the first verdicts
	caller := func(c *callers) { c.keepAlive(1, time.Millisecond) }
	all := []*attack{
		{name: "HEADERS_FILE bad by turns, MAX_AGE 0", quick: true, files: true, environment: fresh, meanwhile: (*arena).swapBad, seconds: 6,
			lines: mostLines, least: load{Requests: 500}, play: caller},
		{name: "flapping server, MAX_AGE 0", quick: true, environment: fresh, behavior: flapping, right: okOr("bad_status"), seconds: 6,
			lines: mostLines, least: load{Requests: 500}, play: caller},
		{name: "SIGSTOP for 4 s in mid-probe, SIGCONT", quick: true, behavior: slowish, environment: fresh, seconds: 6, meanwhile: (*arena).stopAndContinue},
		{name: "no free local ports", quick: true, namespace: true, right: okOr("internal"), meanwhile: (*arena).takePorts},
	}
	for _, a := range all {
		a.together = "quiet"
	}
	return all
}

const goodHeaders = "X-Attack: 1\n"

func (a *arena) headersFile() string { return filepath.Join(a.dir, "headers") }

// swap replaces the file by what make makes and by a good one, in turns, and leaves a good one.
func (a *arena) swap(pause time.Duration, make func(path string) error) string {
	next := a.headersFile() + ".next"
	count := 0
	for ; a.underway(); count++ {
		if make(next) != nil || os.Rename(next, a.headersFile()) != nil {
			return ""
		}
		time.Sleep(pause)
		text := fmt.Sprintf("%sX-Count: %d\n", goodHeaders, count)
		if os.WriteFile(next, []byte(text), 0o600) != nil || os.Rename(next, a.headersFile()) != nil {
			return ""
		}
		time.Sleep(pause)
	}
	return fmt.Sprintf("%d swaps", count)
}

func (a *arena) swapFIFO() string {
	return a.swap(20*time.Microsecond, func(path string) error { return syscall.Mkfifo(path, 0o600) })
}

func (a *arena) swapBad() string {
	return a.swap(2*time.Millisecond, func(path string) error { return os.WriteFile(path, []byte("a line without a colon\n"), 0o600) })
}

// underway reports whether the time is not up.
func (a *arena) underway() bool {
	select {
	case <-a.done:
		return false
	default:
		return true
	}
}
