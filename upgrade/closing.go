package upgrade

import (
	"context"
	"slices"
	"sync"
	"time"
)

// maxClosing bounds the connections that are closing at a time; one more closes the oldest at once. They take at most an
// eighth of the descriptor limit.
const maxClosing = 64

// closing holds the sessions whose connections are being closed, the oldest first.
type closing struct {
	mu       sync.Mutex
	limit    int // of sessions; 0 before the first one
	sessions []*session
	removed  chan struct{} // closed when a session is removed; nil when nobody waits for that
}

// closingLimit returns how many connections may be closing at a time.
func closingLimit() int {
	if descriptors, known := DescriptorLimit(); known {
		return int(max(1, min(maxClosing, descriptors/8)))
	}
	return maxClosing
}

// add adds s. When there are too many, the time of the oldest is over; the caller does not wait for its end.
func (c *closing) add(s *session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.limit == 0 {
		c.limit = closingLimit()
	}
	if n := len(c.sessions); n >= c.limit {
		c.sessions[n-c.limit].endClose()
	}
	c.sessions = append(c.sessions, s)
}

// endClose ends the time that s has to close. The lock is held.
func (s *session) endClose() {
	s.closeBy = time.Time{}
	s.tcp.SetDeadline(time.Unix(1, 0))
}

// extend moves the deadline of s, at most to the end of its time to close. It reports whether that is still to come.
func (c *closing) extend(s *session, deadline time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !time.Now().Before(s.closeBy) {
		return false
	}
	if deadline.After(s.closeBy) {
		deadline = s.closeBy
	}
	s.tcp.SetDeadline(deadline)
	return true
}

// freeOldest closes the connection that has been closing for longest, for a probe that lacks its descriptor or, when reset is
// set, its local port, which any other end would hold for a minute more. It returns when both are free, or ctx is done, and
// reports whether there was such a connection.
func (c *closing) freeOldest(ctx context.Context, reset bool) bool {
	c.mu.Lock()
	if len(c.sessions) == 0 {
		c.mu.Unlock()
		return false
	}
	oldest := c.sessions[0]
	oldest.endClose()
	if reset {
		oldest.tcp.SetLinger(0)
	}
	removed := c.nextRemoval()
	c.mu.Unlock()
	select {
	case <-removed: // whichever it was
	case <-ctx.Done():
	}
	return true
}

func (c *closing) remove(s *session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.Index(c.sessions, s)
	c.sessions = slices.Delete(c.sessions, i, i+1)
	if c.removed != nil {
		close(c.removed)
		c.removed = nil
	}
}

// nextRemoval returns a channel that is closed when the next session is removed. The lock is held.
func (c *closing) nextRemoval() <-chan struct{} {
	if c.removed == nil {
		c.removed = make(chan struct{})
	}
	return c.removed
}

// wait waits until no session is left, or ctx is done.
func (c *closing) wait(ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.sessions) > 0 {
		removed := c.nextRemoval()
		c.mu.Unlock()
		select {
		case <-removed:
		case <-ctx.Done():
		}
		c.mu.Lock()
		if ctx.Err() != nil {
			return
		}
	}
}
