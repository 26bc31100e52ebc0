package probe

import (
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// After so many connections, and when nearly all of them are closed, the memory that they took is given back.
const (
	crowd    = 32
	calmTime = 5 * time.Second
)

// connections holds the open connections, of which there are never more than limit.
type connections struct {
	limit int
	count atomic.Int64 // of open connections, and of places that are reserved

	mu     sync.Mutex
	open   []*conn
	room   sync.Cond   // signaled when a connection closes, or may be evicted
	wanted atomic.Bool // somebody waits for that
	closed bool
	peak   int // of open connections, since memory was last given back
}

func newConnections(limit int) *connections {
	t := &connections{limit: limit}
	t.room.L = &t.mu
	return t
}

// full reports whether the next connection will need somebody's place.
func (t *connections) full() bool { return int(t.count.Load()) >= t.limit }

// makeRoom takes a place for a connection that was accepted, once there is room for it. It reports false when no more are
// taken.
func (t *connections) makeRoom() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.full() && !t.closed {
		t.wanted.Store(true) // before the search: a connection that may be evicted from now on says so
		if evicted, after := t.evict(newcomerTime); !evicted {
			timer := time.AfterFunc(after, t.offer)
			t.room.Wait()
			timer.Stop()
		}
	}
	t.wanted.Store(false)
	if !t.closed {
		t.count.Add(1)
	}
	return !t.closed
}

// enter adds the connection for which makeRoom took a place. It reports false when no more are taken.
func (t *connections) enter(c *conn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		t.count.Add(-1)
		return false
	}
	c.index = len(t.open)
	t.open = append(t.open, c)
	t.peak = max(t.peak, len(t.open))
	return true
}

// offer tells makeRoom, if it waits, that a connection closed or may be evicted.
func (t *connections) offer() {
	if t.wanted.Load() {
		t.mu.Lock()
		t.room.Signal()
		t.mu.Unlock()
	}
}

// leave removes a connection that is closed.
func (t *connections) leave(c *conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.remove(c)
	t.room.Signal()
	if t.peak >= crowd && len(t.open) <= t.peak/8 {
		t.peak = len(t.open)
		// A process that is idle collects no garbage for minutes.
		time.AfterFunc(calmTime, debug.FreeOSMemory)
	}
}

// remove removes a connection unless it was removed before. t.mu is held.
func (t *connections) remove(c *conn) {
	if c.index < 0 {
		return
	}
	last := t.open[len(t.open)-1]
	t.open[c.index], last.index = last, c.index
	t.open[len(t.open)-1] = nil
	t.open = t.open[:len(t.open)-1]
	c.index = -1
	t.count.Add(-1)
}

// stop takes no more connections, closes those that wait for nothing, gives the others some time, and closes the rest. Who
// connected within that time may be about to send a request.
func (t *connections) stop(wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	t.room.Broadcast()
	for i := len(t.open) - 1; i >= 0; i-- {
		c := t.open[i]
		if state := c.state.Load(); state == idle || state == silent && time.Since(c.accepted) > wait {
			t.evictIn(c, state)
		}
	}
	end := time.Now().Add(wait)
	defer time.AfterFunc(wait, func() { // under the lock, or it could come between the clock and the wait below
		t.mu.Lock()
		defer t.mu.Unlock()
		t.room.Broadcast()
	}).Stop()
	for t.count.Load() > 0 && time.Now().Before(end) {
		t.room.Wait()
	}
	for len(t.open) > 0 {
		c := t.open[len(t.open)-1]
		c.state.Store(evicted)
		t.close(c)
	}
}
