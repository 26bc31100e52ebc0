package probe

import (
	"container/list"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"sync"
	"syscall"

	"go.uber.org/zap"
)

// maxCrowd bounds the connections of callers, and so memory and descriptors, unless a quarter of the descriptor
// limit is less.
const maxCrowd = 256

// crowdLimit is how many connections may be open at a time.
func crowdLimit() int {
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		return maxCrowd
	}
	return int(max(1, min(maxCrowd, files.Cur/4)))
}

// A crowd is a listener with a bound on its open connections. When it is full, the connection that has been quiet
// for longest goes: one that never spoke, is in mid-header, or idles between requests. While all of them wait for
// an answer the next one stays in the kernel's queue.
type crowd struct {
	*net.TCPListener
	limit int
	log   *zap.Logger

	mu     sync.Mutex
	room   sync.Cond // signaled when somebody goes or becomes quiet
	open   int
	quiet  list.List // of *guest, quiet for longest first
	failed bool      // the last Accept did
	closed bool
}

func newCrowd(l *net.TCPListener, limit int, log *zap.Logger) *crowd {
	c := &crowd{TCPListener: l, limit: limit, log: log}
	c.room.L = &c.mu
	return c
}

// A guest is one caller's connection. It is quiet while place is not nil.
type guest struct {
	*net.TCPConn
	crowd *crowd
	place *list.Element
	gone  bool
}

// Accept takes the next connection in, once there is room for it.
func (c *crowd) Accept() (net.Conn, error) {
	conn, err := c.AcceptTCP()
	c.tell(err)
	if err != nil {
		return nil, err
	}
	c.makeRoom()
	c.mu.Lock()
	defer c.mu.Unlock()
	g := &guest{TCPConn: conn, crowd: c}
	g.place = c.quiet.PushBack(g)
	c.open++
	return g, nil
}

// makeRoom returns when a connection more may be open.
func (c *crowd) makeRoom() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.open >= c.limit && !c.closed {
		if oldest := c.quiet.Front(); oldest != nil {
			c.leave(oldest.Value.(*guest))
		} else {
			c.room.Wait()
		}
	}
}

// leave closes a guest's connection. c.mu is held.
func (c *crowd) leave(g *guest) error {
	if g.gone {
		return net.ErrClosed
	}
	g.gone = true
	if g.place != nil {
		c.quiet.Remove(g.place)
		g.place = nil
	}
	c.open--
	c.room.Signal()
	return g.TCPConn.Close()
}

// Close ends the connection and makes room.
func (g *guest) Close() error {
	g.crowd.mu.Lock()
	defer g.crowd.mu.Unlock()
	return g.crowd.leave(g)
}

// Close ends the listener and those who are quiet; who waits for an answer stays.
func (c *crowd) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for oldest := c.quiet.Front(); oldest != nil; oldest = c.quiet.Front() {
		c.leave(oldest.Value.(*guest))
	}
	c.room.Broadcast()
	return c.TCPListener.Close()
}

// connState is for http.Server: it calls a connection active when a request's header is there, and idle when its
// answer is written.
func (c *crowd) connState(conn net.Conn, state http.ConnState) {
	g, ok := underTLS(conn).(*guest)
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case g.gone:
	case state == http.StateActive && g.place != nil:
		c.quiet.Remove(g.place)
		g.place = nil
	case state == http.StateIdle && g.place == nil:
		g.place = c.quiet.PushBack(g)
		c.room.Signal()
	}
}

func underTLS(conn net.Conn) net.Conn {
	if secured, ok := conn.(*tls.Conn); ok {
		return secured.NetConn()
	}
	return conn
}

// tell logs the first of a row of failures to accept, which net/http would try again in silence.
func (c *crowd) tell(err error) {
	if err != nil && !c.failed && !errors.Is(err, net.ErrClosed) {
		c.log.Warn("callers cannot be accepted, trying again", zap.Error(err))
	}
	c.failed = err != nil
}
