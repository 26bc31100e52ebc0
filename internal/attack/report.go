//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"
)

// A report prints one line for each attack, in their order.
type report struct {
	*options
	count, skipped int
}

func newReport(o *options) *report {
	if !o.inside {
		fmt.Printf("%-58s %9s %8s %9s %15s %10s %11s\n%-58s %9s %8s %9s %15s %10s %11s\n",
			"", "right /", "slowest", "high", "MiB after", "goroutines", "descriptors", "attack", "asked", "ms", "MiB", "(before)", "left", "left")
	}
	return &report{options: o}
}

// print prints the results as they come and returns how many attacks failed.
func (p *report) print(results <-chan (<-chan result)) (failed int) {
	for each := range results {
		got := <-each
		p.count++
		if len(got.Failures) > 0 {
			failed++
		}
		if p.inside {
			json.NewEncoder(os.Stdout).Encode(got)
			continue
		}
		p.line(got)
	}
	return failed
}

func (p *report) line(r result) {
	if r.Skipped != "" {
		p.skipped++
		fmt.Printf("SKIPPED: %s: %s\n", r.Name, r.Skipped)
		return
	}
	answers, slowest, after := fmt.Sprintf("%d / %d", r.Right, r.Asked), fmt.Sprint(r.Slowest.Milliseconds()), fmt.Sprintf("%.1f (%.1f)", r.After, r.Before)
	goroutines, descriptors := fmt.Sprint(r.Goroutines), fmt.Sprint(r.Descriptors)
	if r.NoAnswers {
		answers, slowest, after, goroutines, descriptors = "-", "-", "-", "-", "-"
	}
	verdict := "pass"
	if len(r.Failures) > 0 {
		verdict = "FAIL: " + strings.Join(r.Failures, "; ")
	}
	fmt.Printf("%-58s %9s %8s %9.1f %15s %10s %11s  %s  [%s]\n",
		r.Name, answers, slowest, r.HighWater, after, goroutines, descriptors, verdict, strings.TrimSpace(r.Load.String()+" "+r.Did))
}

func (p *report) end(failed int, took time.Duration) {
	if !p.inside {
		fmt.Printf("\n%d attacks: %d passed, %d failed, %d skipped, in %v\n", p.count, p.count-failed-p.skipped, failed, p.skipped, took.Round(time.Second))
	}
}

// String returns the load for people, "" for none.
func (l load) String() string {
	if l == (load{}) {
		return ""
	}
	return fmt.Sprintf("%d connections, %d TLS handshakes, %d requests, %d answers, %.1f MB",
		l.Connections, l.Handshakes, l.Requests, l.Answers, float64(l.Bytes)/1e6)
}
