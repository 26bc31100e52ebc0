//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// processes are attacks by the log that nobody takes.
func processes() []*attack {
	logging := []string{"WSHEALTHZ_MAX_AGE=0s", "WSHEALTHZ_LOG_LEVEL=debug"}
	busyCallers := func(c *callers) { c.keepAlive(4, 0) }
	return []*attack{
		{name: "stderr closed", stderr: closed, environment: logging, least: load{Requests: 500}, play: busyCallers},
		{name: "stderr is a pipe without a reader", stderr: abandoned, environment: logging, least: load{Requests: 500}, play: busyCallers},
		{name: "stderr is a pipe that nobody reads", quick: true, stderr: stuck, environment: logging, least: load{Requests: 500}, play: busyCallers},
	}
}

// checks are attacks on the check command.
func checks() []*attack {
	return []*attack{
		{name: "check, the server floods messages", quick: true, alone: func(a *arena) result { return a.checkFlood() }},
		{name: "check -v, the server floods messages", alone: func(a *arena) result { return a.checkFlood("-v") }},
	}
}

// stopAndContinue stops wshealthz for 4 s while the server answers its probe.
func (a *arena) stopAndContinue() string {
	time.Sleep(interval * 2)
	select {
	case <-a.server.accepted:
	default:
	}
	select {
	case <-a.server.accepted:
	case <-a.done:
		return ""
	}
	from := time.Now()
	if a.adapter.Signal(syscall.SIGSTOP) != nil {
		return ""
	}
	time.Sleep(4 * time.Second)
	a.adapter.Signal(syscall.SIGCONT)
	a.stops = append(a.stops, window{from, time.Now()})
	return "stopped for 4 s"
}

// mostCheckMemory is the memory limit in MiB that the charts give a container, and check runs in it.
const mostCheckMemory = 64

// checkFlood runs check against a server that floods messages and never answers a Ping.
func (a *arena) checkFlood(flags ...string) result {
	got := result{Name: a.name, NoAnswers: true}
	a.server.set(flooding)
	cmd := exec.Command(a.run.binary, append(append([]string{"check"}, flags...), a.server.url())...)
	cmd.Env = []string{"WSHEALTHZ_CHECK=ping", "WSHEALTHZ_TIMEOUT=3s"}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		got.fail("%v", err)
		return got
	}
	exited := make(chan struct{})
	go func() { cmd.Wait(); close(exited) }()
	for running := true; running; {
		if _, highWater := memory(cmd.Process.Pid); highWater > got.HighWater {
			got.HighWater = highWater
		}
		if got.HighWater > 8*mostCheckMemory {
			cmd.Process.Kill() // it is proved, and the machine needs its memory
		}
		select {
		case <-exited:
			running = false
		case <-time.After(10 * time.Millisecond):
		}
	}
	got.Did = fmt.Sprintf("%.0f MB of messages", float64(a.server.flooded.Load())/1e6)
	switch {
	case got.HighWater > mostCheckMemory:
		got.fail("%.0f MiB, want at most %d", got.HighWater, mostCheckMemory)
	case cmd.ProcessState.ExitCode() != 1 || !strings.Contains(out.String(), "reply_timeout"):
		got.fail("exit code %d, want 1 and reply_timeout: %q", cmd.ProcessState.ExitCode(), out.String()[:min(300, out.Len())])
	case a.server.flooded.Load() < 1<<20:
		got.fail("too little load")
	}
	return got
}
