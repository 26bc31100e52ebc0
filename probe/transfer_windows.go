package probe

import (
	"net"
	"time"
)

// A transfer does nothing here: whether the kernel has bytes of a caller is not known without waiting for them.
type transfer struct{}

func (t *transfer) init(*conn) {}

func (t *transfer) open(*net.TCPConn) {}

// Read waits for bytes. A connection counts as tried to read a moment too early.
func (c *conn) Read(p []byte) (int, error) {
	p, err := c.boundHandshake(p)
	if err != nil {
		return 0, err
	}
	c.beforeWait()
	n, err := c.TCPConn.Read(p)
	if n > 0 {
		c.afterRead()
		c.countHandshake(n)
	}
	return n, err
}

// Write writes all of p, at most for writeTimeout when the caller does not read.
func (c *conn) Write(p []byte) (int, error) {
	c.beforeWriteWait()
	c.SetWriteDeadline(time.Now().Add(writeTimeout))
	return c.TCPConn.Write(p)
}

// pending is always true: to linger for nothing costs less than an answer that is lost.
func (t *transfer) pending() bool { return true }

// hungUp is not known here.
func (t *transfer) hungUp() bool { return false }
