package upgrade

import (
	"context"
	"slices"
	"sync"
	"time"
)

// closing holds the sessions whose connections are being closed, the oldest first.
type closing struct {
	mu       sync.Mutex
	sessions []*session
	empty    chan struct{} // closed when the last session is removed; nil when nobody waits for that
}

// add adds s. When there are too many, the time of the oldest is over; the caller does not wait for its end.
func (c *closing) add(s *session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.sessions) >= maxClosing {
		oldest := c.sessions[len(c.sessions)-maxClosing]
		oldest.closeBy = time.Time{}
		oldest.tcp.SetDeadline(time.Unix(1, 0))
	}
	c.sessions = append(c.sessions, s)
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

func (c *closing) remove(s *session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.Index(c.sessions, s)
	c.sessions = slices.Delete(c.sessions, i, i+1)
	if len(c.sessions) == 0 && c.empty != nil {
		close(c.empty)
		c.empty = nil
	}
}

func (c *closing) wait(ctx context.Context) {
	c.mu.Lock()
	if len(c.sessions) == 0 {
		c.mu.Unlock()
		return
	}
	if c.empty == nil {
		c.empty = make(chan struct{})
	}
	empty := c.empty
	c.mu.Unlock()
	select {
	case <-empty:
	case <-ctx.Done():
	}
}
