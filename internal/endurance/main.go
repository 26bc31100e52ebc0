//go:build linux

// Endurance runs wshealthz for long and fails when something grows: resident memory, open files, goroutines, and the
// connections in TIME_WAIT that probes leave behind.
//
//	go run ./internal/endurance [flags] BINARY
//
// The server is the chat of gorilla/websocket, unmodified, in a process of its own. Many probes in a row, many shared
// answers, and probes at the pace of a real gateway are three parts, each with a wshealthz and a server of its own; the
// third runs beside the other two.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"time"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("endurance: ")
	probes := flag.Int("probes", 1_000_000, "how many probes to make")
	answers := flag.Int("answers", 10_000_000, "how many shared answers to request")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: go run ./internal/endurance [flags] BINARY")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 1 || min(*probes, *answers) < 2*warm {
		flag.Usage()
		os.Exit(2)
	}
	if faults := run(flag.Arg(0), *probes, *answers); faults > 0 {
		log.Fatalf("%d faults", faults)
	}
}

// run runs all parts and returns the number of figures that are over their bound.
func run(binary string, probes, answers int) (faults int) {
	h := newHarness()
	defer h.close()
	chat := h.build("github.com/gorilla/websocket/examples/chat")

	others, paced := make(chan struct{}), make(chan []figure, 1)
	slow := h.startBoth(binary, chat, "MAX_AGE=0s")
	go func() { paced <- slow.pace(others) }()
	for _, p := range []part{
		{"probes", probes, h.startBoth(binary, chat, "MAX_AGE=0s"), "wshealthz_probes_total", 4, 1},
		{"shared answers", answers, h.startBoth(binary, chat, "MAX_AGE=1s"), "wshealthz_answers_total", 8, 32},
	} {
		faults += report(p.run())
	}
	close(others)
	return faults + report(<-paced)
}

// A figure is a measurement and its bound.
type figure struct {
	what          string
	value, atMost float64
	unit          string
}

// report prints the figures and returns how many are over their bound.
func report(figures []figure) (faults int) {
	for _, f := range figures {
		verdict := "ok"
		if f.value > f.atMost {
			verdict = "TOO MUCH"
			faults++
		}
		fmt.Printf("%-64s %10.2f %-5s (at most %g) %s\n", f.what, f.value, f.unit, f.atMost, verdict)
	}
	return faults
}

// logf prints a line of what is seen on the way.
func logf(format string, args ...any) {
	fmt.Printf("%s "+format+"\n", append([]any{time.Now().Format(time.TimeOnly)}, args...)...)
}
