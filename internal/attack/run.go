//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

// A run is all attacks of one call.
type run struct {
	*options
	dir         string
	certificate *certificate

	mu     sync.Mutex
	arenas map[*arena]bool
	number int
}

// add remembers an attack that is under way and returns its number.
func (r *run) add(a *arena) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.arenas == nil {
		r.arenas = map[*arena]bool{}
	}
	r.arenas[a] = true
	r.number++
	return r.number
}

func (r *run) remove(a *arena) {
	r.mu.Lock()
	delete(r.arenas, a)
	r.mu.Unlock()
}

// cleanUp ends all attacks and removes the files.
func (r *run) cleanUp() {
	r.mu.Lock()
	var all []*arena
	for a := range r.arenas {
		all = append(all, a)
	}
	r.mu.Unlock()
	for _, a := range all {
		a.close()
	}
	os.RemoveAll(r.dir)
}

// together returns the attacks at the beginning of all that are played at the same time.
func together(all []*attack) []*attack {
	n := 1
	for n < len(all) && all[0].together != "" && all[n].together == all[0].together {
		n++
	}
	return all[:n]
}

// playGroup plays attacks at the same time. It adds a channel for the result of each to results.
func (r *run) playGroup(group []*attack, results chan<- <-chan result) {
	var played sync.WaitGroup
	for _, a := range group {
		out := make(chan result, 1)
		results <- out
		played.Go(func() { r.attack(a, out) })
	}
	played.Wait()
}

// attack plays one attack. The result comes later, once the process has settled after it.
func (r *run) attack(a *attack, out chan<- result) {
	if a.namespace && !r.inside {
		out <- r.attackInNamespace(a)
		return
	}
	ar, err := r.open(a)
	if err != nil {
		defer ar.close()
		out <- failedToStart(ar, err)
		return
	}
	if a.alone != nil {
		defer ar.close()
		out <- a.alone(ar)
		return
	}
	got := ar.play()
	go func() {
		defer ar.close()
		ar.settle(&got)
		out <- got
	}()
}

func failedToStart(a *arena, err error) result {
	got := result{Name: a.name}
	if errors.Is(err, errSkip) {
		got.Skipped = err.Error()
		return got
	}
	if a.adapter != nil {
		lines := a.adapter.Lines()
		err = fmt.Errorf("%w; its log ends with %.400q", err, strings.Join(lines[max(0, len(lines)-2):], " "))
	}
	got.fail("did not start: %v", err)
	return got
}

// play lets the attack happen until the time is up, while the gateway asks.
func (a *arena) play() result {
	got := result{Name: a.name, Before: a.before.resident}
	a.server.set(a.behavior)
	if a.behavior == hanging {
		time.Sleep(1100 * time.Millisecond) // until no verdict of before is fresh any more, with the default MAX_AGE
	}
	if a.attack.play != nil {
		var err error
		if a.crew, err = a.startCrew(); err != nil {
			got.fail("callers: %v", err)
		}
	}
	time.AfterFunc(time.Duration(max(a.seconds, a.run.seconds)*float64(time.Second)), func() { close(a.done) })
	did := make(chan string, 1)
	go func() {
		if a.meanwhile != nil {
			did <- a.meanwhile(a)
		}
		close(did)
	}()
	watched := make(chan float64)
	stop := make(chan struct{})
	go func() { watched <- a.watchMemory(stop) }()
	if a.gateway.pause = a.gatewayPause; a.namespace {
		a.gateway.port = 10_000
	}
	linger := max(a.run.within, a.attack.late, time.Second)
	if a.behavior == hanging || a.behavior == slow {
		linger += time.Second + interval // the flight of the last one
	}
	a.gateway.askUntil(a.done, linger)
	a.gateway.pause = 0
	answers := a.gateway.got()
	a.server.set(healthy)
	got.Did = <-did
	if a.crew != nil {
		a.count(&got)
	}
	if a.meanwhile != nil && got.Did == "" {
		got.fail("nothing happened")
	}
	close(stop)
	got.HighWater = <-watched
	a.judgeAnswers(answers, &got)
	return got
}

// watchMemory returns the highest high-water mark until stop is closed. A process that is killed takes its own with it.
func (a *arena) watchMemory(stop <-chan struct{}) (highest float64) {
	for {
		if _, highWater := memory(a.adapter.PID()); highWater > highest {
			highest = highWater
		}
		select {
		case <-stop:
			return highest
		case <-time.After(100 * time.Millisecond):
		}
	}
}
