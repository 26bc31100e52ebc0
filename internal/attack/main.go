//go:build linux

// Attack plays attacks on wshealthz, each on a new process of the real binary, while a played gateway asks its health path
// four times a second on new connections:
//
//	go run ./internal/attack -only 'pipelining|FIFO'
//
// An attack passes when every answer was right and in time, memory stayed low and came back, no goroutine and no
// descriptor is left, and the load really happened. It exits with 1 when one fails.
//
// This process is the judge: it starts wshealthz, is its WebSocket server, plays the gateway, and measures. What callers
// do is played by a second process on one CPU, so that the load does not delay the gateway that is measured, and so that
// its end closes every connection. It needs no root: what a machine does not allow is skipped and said.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"regexp"
	"syscall"
	"time"

	"wshealthz/internal/testbed/program"
)

// options are the flags.
type options struct {
	within        time.Duration
	seconds       float64
	only, binary  string
	list, quick   bool
	play          string // in the callers' process: the attack whose load it is
	health, admin string // in the callers' process: addresses
	inside        bool   // in a network namespace of its own: write the result as JSON
}

func parse() *options {
	o := &options{}
	flag.DurationVar(&o.within, "within", 300*time.Millisecond, "an answer must come within this time")
	flag.Float64Var(&o.seconds, "seconds", 3, "how long an attack is played")
	flag.StringVar(&o.only, "only", "", "play only attacks whose name matches this regular expression")
	flag.StringVar(&o.binary, "binary", "", "attack this executable (default: built from the tree)")
	flag.BoolVar(&o.list, "list", false, "print the names of the attacks and exit")
	flag.BoolVar(&o.quick, "quick", false, "play a selection that takes about a minute")
	flag.StringVar(&o.play, "play", "", "internal: be the callers of this attack")
	flag.StringVar(&o.health, "health", "", "internal: address of the health listener")
	flag.StringVar(&o.admin, "admin", "", "internal: address of the admin listener")
	flag.BoolVar(&o.inside, "inside", false, "internal: run in this network namespace and write the result as JSON")
	flag.Parse()
	return o
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("attack: ")
	o := parse()
	if o.play != "" {
		playCallers(o)
		return
	}
	selected, err := choose(o)
	if err != nil {
		log.Fatal(err)
	}
	if o.list {
		for _, a := range selected {
			fmt.Println(a.name)
		}
		return
	}
	os.Exit(play(o, selected))
}

// choose returns the attacks that the flags ask for.
func choose(o *options) (selected []*attack, err error) {
	only, err := regexp.Compile(o.only)
	if err != nil {
		return nil, err
	}
	for _, a := range attacks() {
		if only.MatchString(a.name) && (a.quick || !o.quick) {
			selected = append(selected, a)
		}
	}
	if len(selected) == 0 {
		return nil, fmt.Errorf("-only %q matches no attack (-list prints their names)", o.only)
	}
	return selected, nil
}

// play plays the attacks one after the other and returns the exit code. What is left of one is measured while the next
// is played.
func play(o *options, selected []*attack) int {
	r := &run{options: o}
	defer r.cleanUp()
	if o.inside {
		if err := raiseLoopback(); err != nil {
			log.Print(err)
			return 1
		}
	}
	stopped := make(chan os.Signal, 1)
	signal.Notify(stopped, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-stopped
		r.cleanUp()
		os.Exit(1)
	}()
	if err := r.prepare(); err != nil {
		log.Print(err)
		return 1
	}
	began := time.Now()
	report := newReport(o)
	printed := make(chan int)
	results := make(chan (<-chan result), len(selected))
	go func() { printed <- report.print(results) }()
	for len(selected) > 0 {
		group := together(selected)
		selected = selected[len(group):]
		r.playGroup(group, results)
	}
	close(results)
	failed := <-printed
	report.end(failed, time.Since(began))
	return min(failed, 1)
}

// prepare makes a directory for files and builds the executable where none was given.
func (r *run) prepare() (err error) {
	if r.dir, err = os.MkdirTemp("", "wshealthz-attack-"); err != nil {
		return err
	}
	if r.certificate, err = makeCertificate(); err != nil {
		return err
	}
	if err = r.certificate.write(r.dir); err != nil || r.binary != "" {
		return err
	}
	// As the Makefile builds it.
	os.Setenv("CGO_ENABLED", "0")
	os.Setenv("GOFLAGS", "-trimpath -tags=nethttpomithttp2 '-ldflags=-s -w'")
	r.binary, err = program.Build(context.Background(), r.dir, "wshealthz")
	return err
}
