package probe

import "time"

// newcomerTime is how long a silent connection is safe when all places are taken. Between connect and request a caller needs a
// moment, and among busy callers it would be the only silent one.
const newcomerTime = 10 * time.Millisecond

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
