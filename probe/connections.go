package probe

import (
	"sync"
	"sync/atomic"
	"time"
)

// newcomerTime is how long a silent connection is safe when all places are taken. Between connect and request a caller needs a
// moment, and among busy callers it would be the only silent one.
const newcomerTime = 10 * time.Millisecond

// connections holds the open connections, of which there are never more than limit.
type connections struct {
	limit int
	count atomic.Int64 // of open connections, and of places that are reserved

	mu     sync.Mutex
	open   []*conn
	room   sync.Cond   // signaled when a connection closes, or may be evicted
	wanted atomic.Bool // somebody waits for that
	closed bool
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
	return true
}

// evictOne closes a connection in favor of another, if there is one that may be closed.
func (t *connections) evictOne() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.evict(0)
}

// evict closes the connection that is first in the order of eviction: the longest in its state, or of those that are being
// answered the one with the most answers. One that has been silent for less than a time is not closed. When evict closes none,
// it returns when to try again, unless something happens before. t.mu is held.
func (t *connections) evict(newcomer time.Duration) (evicted bool, after time.Duration) {
	for {
		var first *conn
		var state connState
		for _, c := range t.open {
			if now := c.state.Load(); evictionOrder[now] > 0 && (first == nil || c.before(now, first, state)) {
				first, state = c, now
			}
		}
		if first == nil {
			return false, time.Hour
		}
		if state == silent && newcomer > 0 {
			if left := newcomer - time.Since(first.accepted); left > 0 {
				return false, left
			}
		}
		if t.evictIn(first, state) {
			return true, 0
		}
	}
}

// before reports whether c, in a state, is evicted before other, in another state.
func (c *conn) before(state connState, other *conn, otherState connState) bool {
	switch a, b := evictionOrder[state], evictionOrder[otherState]; {
	case a != b:
		return a < b
	case state == answered:
		return c.answers.Load() > other.answers.Load()
	}
	return c.since.Load() < other.since.Load()
}

// evictIn closes a connection unless it has left that state. t.mu is held.
func (t *connections) evictIn(c *conn, state connState) bool {
	if !c.state.CompareAndSwap(state, evicted) {
		return false
	}
	t.close(c)
	return true
}

// close removes a connection and closes it. Close waits until the connection's reads and writes have returned, and in one of
// them it may wait for t.mu: see offer. t.mu is held.
func (t *connections) close(c *conn) {
	t.remove(c)
	go c.TCPConn.Close()
}

// evictLargestHandshake closes the connection that has sent the most bytes of a TLS handshake that is under way.
func (t *connections) evictLargestHandshake() {
	t.mu.Lock()
	defer t.mu.Unlock()
	var largest *conn
	var bytes int64 // 0: no handshake is under way
	for _, c := range t.open {
		if sent := c.handshake.Load(); sent > bytes && c.state.Load() == receiving {
			largest, bytes = c, sent
		}
	}
	if largest != nil {
		t.evictIn(largest, receiving)
	}
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
	t.remove(c)
	t.room.Signal()
	t.mu.Unlock()
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
