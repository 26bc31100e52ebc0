package config

import (
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"
)

const (
	maxWait   = 100 * time.Millisecond // of a probe or TLS handshake for a look at files
	waitShare = 20                     // of WSHEALTHZ_TIMEOUT; a look is never waited for longer than this part of it
	startWait = 5 * time.Second        // for the first look
)

// A reloader holds a value that is made from files, and makes it again when their contents change. Contents are compared,
// not times: a file can be written again within the granularity of its file system's clock. Kubernetes updates a Secret by
// swapping a symlink, so files are opened through it each time.
//
// A look at the files has a goroutine of its own, one at a time: on a file system that hangs, such as NFS or FUSE, nothing
// ends a read. Then the last good value is returned, without waiting any more until that look has ended.
type reloader[T any] struct {
	variables []*Variable // that name the files
	parse     func(contents [][]byte) (T, error)
	config    *Config                                                // whose Log gets what is wrong with the files
	read      func(path string, last, buffer []byte) ([]byte, error) // readFile, except in tests
	wait      time.Duration                                          // for a look

	// Used by the look under way alone:
	last   look
	buffer [4 << 10]byte // to compare files with, so that nothing is allocated for one that did not change

	mu     sync.Mutex
	value  T
	bad    error         // what is wrong with the contents that were read last
	begun  uint64        // looks
	ended  uint64        // looks; begun, or one less while one is under way
	over   chan struct{} // closed when the wait for the newest look is over
	timer  *time.Timer   // for half of the wait
	halved bool          // half of the wait is over
	slow   bool          // all of it is, and the look is still under way
}

// newReloader reads the files for the first time, which takes at most startWait.
func newReloader[T any](config *Config, variables []*Variable, parse func([][]byte) (T, error)) (*reloader[T], error) {
	r := &reloader[T]{variables: variables, parse: parse, config: config, read: readFile}
	return r, r.start(startWait)
}

func (r *reloader[T]) start(wait time.Duration) error {
	r.wait = wait
	r.get()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.slow {
		return fmt.Errorf("reading takes longer than %s", wait)
	}
	r.wait = min(maxWait, r.config.Target.Timeout/waitShare)
	return r.bad
}

// get returns the value of the files as they are now. When they are gone or bad, or looking at them takes longer than
// r.wait, it returns the last good one. A look that began before the call does not count: where others call too it may wait
// for two.
func (r *reloader[T]) get() T {
	r.mu.Lock()
	defer r.mu.Unlock()
	for own := r.begun + 1; r.ended < own && !r.slow; {
		if r.ended == r.begun {
			r.begin()
		}
		over := r.over
		r.mu.Unlock()
		<-over
		r.mu.Lock()
	}
	return r.value
}

// begin begins a look. The wait for it has two halves: after a pause of the process the first is over at once, and the look
// has the second.
func (r *reloader[T]) begin() {
	r.begun++
	r.over, r.halved = make(chan struct{}), false
	if r.timer == nil {
		r.timer = time.AfterFunc(r.wait/2, r.giveUp)
	} else {
		r.timer.Reset(r.wait / 2)
	}
	go func() { r.end(r.load()) }()
}

// giveUp ends the wait for a look when its second half is over.
func (r *reloader[T]) giveUp() {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.ended == r.begun || r.slow: // the timer fired at that moment
	case !r.halved:
		r.halved = true
		r.timer.Reset(r.wait / 2)
	default:
		r.slow = true
		r.config.Log.Warn(fmt.Sprintf("reading a file takes longer than %s, the last good content stays in use", r.wait), r.names())
		close(r.over)
	}
}

// end takes over what a look found. What is bad is logged once per change, and again after a look that took too long.
func (r *reloader[T]) end(value T, changed bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.timer.Stop()
	r.ended = r.begun
	wasSlow, wasBad := r.slow, r.bad != nil
	if changed {
		r.bad = err
	}
	if changed && err == nil {
		r.value = value
	}
	switch {
	case r.bad != nil && (changed || wasSlow):
		r.config.Log.Warn("a file is bad, the last good content stays in use", r.names(), zap.Error(r.bad))
	case r.bad == nil && (wasBad || wasSlow):
		r.config.Log.Info("a file is good again, its content is in use", r.names())
	}
	if r.slow = false; !wasSlow {
		close(r.over)
	}
}

// names returns the variables for the log.
func (r *reloader[T]) names() zap.Field {
	var names []string
	for _, v := range r.variables {
		names = append(names, v.Name)
	}
	return zap.Strings("variables", names)
}
