package probe

import (
	"container/list"
	"crypto/tls"
	"errors"
	"net"
	"runtime"
	"sync"
	"syscall"
	"time"

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

// hearing is how long a new connection is left alone: its request may be in the kernel while nobody has looked yet.
const hearing = 50 * time.Millisecond

// A crowd is a listener with a bound on its open connections. When it is full, the connection that has been quiet
// for longest goes: one that never spoke, is in mid-header, idles between requests, or does not read its answer. While
// all of them wait for a verdict, or are new, the next one stays in the kernel's queue.
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
	since time.Time // quiet or open, whichever is later
	gone  bool
}

// Accept takes the next connection in, once there is room for it.
func (c *crowd) Accept() (net.Conn, error) {
	runtime.Gosched() // in a burst of connects, those who are in are served first
	conn, err := c.AcceptTCP()
	c.tell(err)
	if err != nil {
		return nil, err
	}
	c.makeRoom()
	c.mu.Lock()
	defer c.mu.Unlock()
	g := &guest{TCPConn: conn, crowd: c}
	g.settle()
	c.open++
	return g, nil
}

// makeRoom returns when a connection more may be open.
func (c *crowd) makeRoom() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.open >= c.limit && !c.closed {
		oldest := c.quiet.Front()
		if oldest == nil {
			c.room.Wait()
			continue
		}
		g := oldest.Value.(*guest)
		if young := hearing - time.Since(g.since); young > 0 {
			c.mu.Unlock()
			time.Sleep(young)
			c.mu.Lock()
			continue
		}
		c.leave(g)
	}
}

// settle makes a guest quiet. The crowd's lock is held.
func (g *guest) settle() {
	g.since = time.Now()
	g.place = g.crowd.quiet.PushBack(g)
	g.crowd.room.Signal()
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

// Close ends the listener, not the connections: http.Server knows which of them still write an answer.
func (c *crowd) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.room.Broadcast()
	return c.TCPListener.Close()
}

// waits calls f while the guest counts as waiting for a verdict: nobody puts it out meanwhile.
func (g *guest) waits(f func()) {
	g.crowd.mu.Lock()
	if g.place != nil {
		g.crowd.quiet.Remove(g.place)
		g.place = nil
	}
	g.crowd.mu.Unlock()
	defer func() {
		g.crowd.mu.Lock()
		defer g.crowd.mu.Unlock()
		if !g.gone {
			g.settle()
		}
	}()
	f()
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
