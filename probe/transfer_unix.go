//go:build !windows

package probe

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// A transfer reads and writes without waiting first, so that it is known whether the kernel had bytes of a caller, and a
// deadline is set only for what really waits.
type transfer struct {
	c         *conn
	raw       syscall.RawConn
	buffer    []byte
	n         int
	err       error
	tried     bool // the kernel was asked
	bounded   bool // the deadline of this write is set
	tryRead   func(fd uintptr) bool
	tryWrite  func(fd uintptr) bool
	tryToPeek func(fd uintptr) bool
}

func (t *transfer) init(c *conn) {
	t.c = c
	t.tryRead, t.tryWrite, t.tryToPeek = t.read, t.write, t.peek
}

func (t *transfer) open(tcp *net.TCPConn) {
	t.raw, _ = tcp.SyscallConn() // the error is of a connection that was never open
}

// Read reads what the kernel has, or waits for it.
func (c *conn) Read(p []byte) (int, error) {
	p, err := c.boundHandshake(p)
	if err != nil {
		return 0, err
	}
	t := &c.transfer
	t.buffer, t.n, t.err, t.tried = p, 0, nil, false
	err = t.raw.Read(t.tryRead)
	if err != nil && !t.tried && !c.headBounded && errors.Is(err, os.ErrDeadlineExceeded) {
		// A deadline of what was waited for before: the answer took longer, or there was always something to read.
		c.SetReadDeadline(time.Time{})
		err = t.raw.Read(t.tryRead)
	}
	if err != nil {
		return 0, err
	}
	if t.err == nil && t.n > 0 {
		c.afterRead()
		c.countHandshake(t.n)
	}
	return t.n, t.err
}

func (t *transfer) read(fd uintptr) (done bool) {
	t.tried = true
	n, err := retry(fd, t.buffer, readNow)
	switch {
	case err == syscall.EAGAIN:
		if t.c.beforeWait() {
			return false
		}
		t.err = net.ErrClosed
	case err != nil:
		t.err = err
	case n == 0 && len(t.buffer) > 0:
		t.err = io.EOF
	}
	t.n = max(n, 0)
	return true
}

// Write writes all of p, at most for writeTimeout when the caller does not read.
func (c *conn) Write(p []byte) (int, error) {
	t := &c.transfer
	t.buffer, t.n, t.err, t.bounded = p, 0, nil, false
	err := t.raw.Write(t.tryWrite)
	if t.bounded {
		c.SetWriteDeadline(time.Time{}) // or it would end a later write
	}
	if err != nil {
		return t.n, err
	}
	return t.n, t.err
}

func (t *transfer) write(fd uintptr) (done bool) {
	for t.n < len(t.buffer) {
		n, err := retry(fd, t.buffer[t.n:], writeNow)
		if err == syscall.EAGAIN {
			if !t.bounded {
				t.bounded = true
				t.c.SetWriteDeadline(time.Now().Add(writeTimeout))
				t.c.beforeWriteWait()
			}
			return false
		}
		if err != nil {
			t.err = err
			return true
		}
		t.n += n
	}
	return true
}

// pending reports whether the kernel has bytes that nobody read, also when that cannot be known.
func (t *transfer) pending() bool {
	t.n = 0
	return t.raw.Read(t.tryToPeek) != nil || t.n > 0
}

func (t *transfer) peek(fd uintptr) (done bool) {
	var b [1]byte
	t.n, _, t.err = syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK)
	return true
}

// hungUp reports whether the caller ended the connection. The kernel shows that only after what the caller sent before.
func (t *transfer) hungUp() bool {
	t.c.SetReadDeadline(time.Time{}) // that of the head may have passed, and then nothing can be tried
	t.n, t.err = 0, nil
	return t.raw.Read(t.tryToPeek) != nil || t.n == 0 && t.err == nil || t.err == syscall.ECONNRESET
}

// retry repeats a system call that a signal interrupted.
func retry(fd uintptr, p []byte, call func(uintptr, []byte) (int, error)) (int, error) {
	for {
		if n, err := call(fd, p); err != syscall.EINTR {
			return n, err
		}
	}
}
