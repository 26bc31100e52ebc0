package probe

import "time"

// A connState is what a connection does at the moment. It decides which one is evicted when all places are taken.
type connState = uint32

const (
	fresh     connState = iota // accepted, and nobody has tried to read from it
	silent                     // never sent a byte
	receiving                  // waits for the rest of a TLS handshake or of a request's head
	idle                       // answered, and sent nothing since
	lingering                  // answered for the last time: what else it sends is discarded
	answered                   // does not read its answer, or its next request is about to be read
	working                    // on bytes that came
	waiting                    // for a verdict, or for it to be written
	evicted                    // closed to make room for another
)

// evictionOrder is the order in which states are evicted, the lowest first. Those with 0 are never evicted: a
// connection that waits for a verdict or for the processor, and one whose request may be in the kernel while nobody has tried to
// read it.
var evictionOrder = [...]int{evicted: 0, silent: 1, receiving: 2, idle: 3, lingering: 3, answered: 4}

// become changes the state. It reports false when the connection was evicted.
func (c *conn) become(next connState) bool {
	for {
		now := c.state.Load()
		if now == evicted {
			return false
		}
		if c.state.CompareAndSwap(now, next) {
			break
		}
	}
	if evictionOrder[next] > 0 {
		c.server.conns.offer()
	}
	return true
}

// becomeSince is become for a state whose duration counts.
func (c *conn) becomeSince(next connState, since time.Time) bool {
	c.since.Store(int64(since.Sub(c.server.started)))
	return c.become(next)
}

// beforeWait is called when there is nothing to read: it sets the deadline of what is waited for. What was tried to read
// decides, not a clock: a connection is idle only once the kernel had nothing from it. It reports false when the connection
// was evicted.
func (c *conn) beforeWait() bool {
	switch c.state.Load() {
	case fresh:
		c.boundHead(c.accepted)
		return c.becomeSince(silent, c.accepted)
	case answered:
		if c.server.stopping.Load() {
			return false
		}
		now := time.Now()
		c.SetReadDeadline(now.Add(idleTimeout))
		return c.becomeSince(idle, now)
	case working:
		if c.headBounded {
			return c.become(receiving)
		}
		now := time.Now()
		c.boundHead(now)
		return c.becomeSince(receiving, now)
	case evicted:
		return false
	}
	return true
}

// boundHead sets the deadline of a request's head, which includes the TLS handshake before the first.
func (c *conn) boundHead(began time.Time) {
	c.headBounded = true
	c.SetReadDeadline(began.Add(headTimeout))
}

// afterRead is called when bytes came.
func (c *conn) afterRead() {
	switch c.state.Load() {
	case fresh, silent, idle, receiving, answered:
		c.become(working)
	}
}

// beforeWriteWait is called when the caller reads its answer too slowly to take all of it at once. Until then it is not
// evicted: it waited for the verdict.
func (c *conn) beforeWriteWait() {
	if c.state.Load() == waiting {
		c.become(answered)
	}
}
