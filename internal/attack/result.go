//go:build linux

package main

import (
	"fmt"
	"time"
)

// A result is what came of one attack. Memory is in MiB. It is JSON when it comes from another network namespace.
type result struct {
	Name          string
	Asked, Right  int // Right in time, too
	Slowest       time.Duration
	NoAnswers     bool // nobody asked
	HighWater     float64
	Before, After float64 // resident
	Goroutines    int     // left
	Descriptors   int     // left
	Load          load
	Did           string
	Skipped       string
	Failures      []string
	FirstWrong    string
}

func (r *result) fail(format string, args ...any) {
	r.Failures = append(r.Failures, fmt.Sprintf(format, args...))
}

// judgeAnswers counts the answers that were right and in time.
func (a *arena) judgeAnswers(answers []answer, got *result) {
	right := a.right
	if right == nil {
		right = ok
	}
	flights := a.server.windows()
	late, silent := 0, 0
	for _, each := range answers {
		answered := !each.answered.IsZero()
		if !answered {
			each.answered = a.gateway.stopped
		}
		took := each.late(a.stops, flights)
		got.Slowest = max(got.Slowest, took)
		got.Asked++
		switch {
		case !answered:
			silent++
		case !right(each):
			if got.FirstWrong == "" {
				got.FirstWrong = fmt.Sprintf("%d %q", each.status, each.body)
			}
		case took > max(a.run.within, a.attack.late):
			late++
		default:
			got.Right++
		}
	}
	if late > 0 {
		got.fail("%d late", late)
	}
	if silent > 0 {
		got.fail("%d not answered", silent)
	}
	if got.FirstWrong != "" {
		got.fail("%d wrong, the first: %.200s", got.Asked-got.Right-late-silent, got.FirstWrong)
	}
}

// settle waits until everything is as before the attack, and judges what is not.
func (a *arena) settle(got *result) {
	if a.ended() {
		got.fail("the process ended with code %d", a.adapter.ExitCode())
		return
	}
	if a.after != nil {
		if err := a.after(a); err != nil {
			got.fail("%v", err)
		}
	}
	var left []string
	for deadline := time.Now().Add(settleTime); time.Now().Before(deadline); time.Sleep(interval) {
		if left = a.left(got); len(left) == 0 || a.ended() {
			break
		}
	}
	got.Failures = append(got.Failures, left...)
	if _, highWater := memory(a.adapter.PID()); highWater > got.HighWater {
		got.HighWater = highWater
	}
	if got.HighWater > mostMemory {
		got.fail("%.0f MiB", got.HighWater)
	}
	if a.lines > 0 {
		lines := len(a.adapter.Lines()) - 1
		if got.Did += fmt.Sprintf(" %d lines of log", lines); lines > a.lines {
			got.fail("%d lines of log, want at most %d", lines, a.lines)
		}
	}
	if a.ended() {
		got.fail("the process ended with code %d", a.adapter.ExitCode())
	}
}

// idleWorkers are goroutines that come and go: each of the two listeners keeps one for the next connection.
const idleWorkers = 2

// left measures again and returns what is not as before the attack.
func (a *arena) left(got *result) (failures []string) {
	if answer := a.gateway.ask(); !ok(answer) {
		failures = append(failures, fmt.Sprintf("afterwards it answers %d %q", answer.status, answer.body))
	}
	now, err := a.usage()
	if err != nil {
		return append(failures, fmt.Sprintf("admin: %v", err))
	}
	got.After = now.resident
	got.Goroutines, got.Descriptors = now.goroutines-a.before.goroutines, now.descriptors-a.before.descriptors
	if now.resident > mostGrowth*a.before.resident {
		failures = append(failures, fmt.Sprintf("%.0f MiB stay", now.resident))
	}
	if got.Goroutines > idleWorkers || got.Descriptors > 0 {
		failures = append(failures, fmt.Sprintf("%d goroutines and %d descriptors left", got.Goroutines, got.Descriptors))
	}
	return failures
}

// ended reports whether wshealthz has ended.
func (a *arena) ended() bool {
	select {
	case <-a.adapter.Exited():
		return true
	default:
		resident, _ := memory(a.adapter.PID())
		return resident == 0
	}
}
