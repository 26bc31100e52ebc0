package probe

import (
	"crypto/tls"
	"runtime"
	"time"
)

const (
	lingerTime  = 500 * time.Millisecond // in which what comes after the last answer is discarded
	lingerBytes = 1 << 20                // of it at most
)

// finish ends the connection after the last answer. To close with unread bytes would be a reset, which may take the answer
// with it: what may still come is read for a while and discarded.
func (c *conn) finish(more bool) {
	if secured, ok := c.stream.(*tls.Conn); ok {
		secured.CloseWrite()
	} else if !more && len(c.in) == c.head.parsed && !c.transfer.pending() {
		return
	}
	c.CloseWrite()
	now := time.Now()
	c.SetReadDeadline(now.Add(lingerTime))
	if !c.becomeSince(lingering, now) {
		return
	}
	for total := 0; total < lingerBytes; {
		n, err := c.Read(c.in[:cap(c.in)])
		if total += n; err != nil {
			return
		}
		runtime.Gosched()
	}
}
