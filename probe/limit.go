package probe

import (
	"container/list"
	"crypto/tls"
	"errors"
	"net"
	"runtime"
	"sync"
	"time"

	"go.uber.org/zap"
)

// graceTime is how long a new or idle connection is safe from eviction: its request may be in the kernel while nobody has
// read it yet.
const graceTime = 50 * time.Millisecond

// connectionLimit returns how many connections may be open at a time: most, or a quarter of the descriptor limit where that
// is less.
func connectionLimit(most int) int {
	if descriptors, known := descriptorLimit(); known {
		return int(max(1, min(uint64(most), descriptors/4)))
	}
	return most
}

// A limitListener bounds the number of open connections. When it is full it evicts the connection that has been idle for
// longest: one that never sent anything, is in the middle of a header, waits between requests, or does not read its answer.
// While all of them are busy or new, the next connection stays in the kernel's queue.
type limitListener struct {
	*net.TCPListener
	limit int
	log   *zap.Logger

	mu     sync.Mutex
	room   sync.Cond // signaled when a connection closes or becomes idle
	open   int
	idle   list.List // of *limitConn, idle for longest first
	failed bool      // the last Accept did
	closed bool
}

func newLimitListener(l *net.TCPListener, limit int, log *zap.Logger) *limitListener {
	limited := &limitListener{TCPListener: l, limit: limit, log: log}
	limited.room.L = &limited.mu
	return limited
}

// A limitConn is one connection of a limitListener. It is idle while place is not nil.
type limitConn struct {
	*net.TCPConn
	listener *limitListener
	place    *list.Element
	since    time.Time // idle or open, whichever is later
	closed   bool
}

// Accept returns the next connection, once there is room for it.
func (l *limitListener) Accept() (net.Conn, error) {
	runtime.Gosched() // in a burst of connects, those that are open are served first
	conn, err := l.AcceptTCP()
	l.logFailure(err)
	if err != nil {
		return nil, err
	}
	l.waitForRoom()
	l.mu.Lock()
	defer l.mu.Unlock()
	c := &limitConn{TCPConn: conn, listener: l}
	c.becomeIdle()
	l.open++
	return c, nil
}

// waitForRoom evicts idle connections until one more may be open.
func (l *limitListener) waitForRoom() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.open >= l.limit && !l.closed {
		oldest := l.idle.Front()
		if oldest == nil {
			l.room.Wait()
			continue
		}
		c := oldest.Value.(*limitConn)
		if grace := graceTime - time.Since(c.since); grace > 0 {
			l.mu.Unlock()
			time.Sleep(grace)
			l.mu.Lock()
			continue
		}
		l.close(c)
	}
}

// becomeIdle makes a connection the last one to be evicted. The listener's lock is held.
func (c *limitConn) becomeIdle() {
	c.since = time.Now()
	c.place = c.listener.idle.PushBack(c)
	c.listener.room.Signal()
}

// close closes a connection. l.mu is held.
func (l *limitListener) close(c *limitConn) error {
	if c.closed {
		return net.ErrClosed
	}
	c.closed = true
	if c.place != nil {
		l.idle.Remove(c.place)
		c.place = nil
	}
	l.open--
	l.room.Signal()
	return c.TCPConn.Close()
}

// Close closes the connection and makes room for another.
func (c *limitConn) Close() error {
	c.listener.mu.Lock()
	defer c.listener.mu.Unlock()
	return c.listener.close(c)
}

// Close closes the listener but not the connections: http.Server knows which of them still write an answer.
func (l *limitListener) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.room.Broadcast()
	return l.TCPListener.Close()
}

// openConnections returns how many connections are open.
func (l *limitListener) openConnections() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open
}

// whileBusy calls f while the connection counts as busy, which nobody evicts.
func (c *limitConn) whileBusy(f func()) {
	c.listener.mu.Lock()
	if c.place != nil {
		c.listener.idle.Remove(c.place)
		c.place = nil
	}
	c.listener.mu.Unlock()
	defer func() {
		c.listener.mu.Lock()
		defer c.listener.mu.Unlock()
		if !c.closed {
			c.becomeIdle()
		}
	}()
	f()
}

// withoutTLS returns the connection that TLS runs over, or conn itself.
func withoutTLS(conn net.Conn) net.Conn {
	if secured, ok := conn.(*tls.Conn); ok {
		return secured.NetConn()
	}
	return conn
}

// logFailure logs the first in a row of failures to accept, which net/http would retry in silence.
func (l *limitListener) logFailure(err error) {
	if err != nil && !l.failed && !errors.Is(err, net.ErrClosed) {
		l.log.Warn("callers cannot be accepted, trying again", zap.Error(err))
	}
	l.failed = err != nil
}
