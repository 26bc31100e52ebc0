package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
)

const (
	headTimeout     = 10 * time.Second  // for a request's head, and TLS before it
	idleTimeout     = 120 * time.Second // between two requests
	writeTimeout    = 5 * time.Second   // for an answer that the caller does not read
	stopTimeout     = time.Second       // for answers under way when the server stops
	failureInterval = time.Minute       // between two lines of log about failures to accept
	maxIdleWorkers  = 1                 // goroutines that are kept for the next connections
)

// ServerOptions are the options of NewServer; all but Observe and Certificate are required.
type ServerOptions struct {
	Address        string // host:port, as net.Listen takes it; port 0 is any free one
	MaxConnections int    // open at a time, half as many over TLS
	// Share bounds them further: one of so many descriptors that the process may have, such as 4 for a quarter of them.
	Share int
	// Answer returns the answer to a request. It is called on many goroutines at once, on one for each connection.
	Answer func(*Request) Answer
	// Observe is called for each request before its answer is written. The Request is used again. Default: none.
	Observe func(*Request)
	// Certificate is asked for at each TLS handshake. Default: plain HTTP.
	Certificate func() (*tls.Certificate, error)
	Log         *zap.Logger
}

// A Server answers requests over HTTP/1.1, and refuses their bodies. It reads requests itself, because what a connection can
// cost is a constant then: one buffer of at most 8 KiB and one goroutine. net/http makes a map of a request's fields: 256
// callers who send many small ones take 150 MiB. Nor can it tell who has sent a byte and who has not, which decides who is
// evicted when all places are taken.
type Server struct {
	options    ServerOptions
	listener   *net.TCPListener
	tls        *tls.Config // nil: plain HTTP
	conns      *connections
	handshakes atomic.Int64 // bytes of all TLS handshakes under way
	started    time.Time

	ctx      context.Context // ends when the server has stopped
	cancel   context.CancelFunc
	stopping atomic.Bool

	next        chan *net.TCPConn // to a worker that is idle
	idleWorkers atomic.Int32
	failed      time.Time // when a failure to accept was last logged
}

// NewServer binds the address; nothing is answered before Serve. The error is that of net.Listen.
func NewServer(o ServerOptions) (*Server, error) {
	listener, err := listenTCP(o.Address)
	if err != nil {
		return nil, err
	}
	limit := connectionLimit(o.MaxConnections, o.Share)
	s := &Server{options: o, listener: listener, started: time.Now(), next: make(chan *net.TCPConn)}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	if o.Certificate != nil {
		s.tls = serverTLS(o.Certificate)
		limit = max(1, limit/tlsCost)
	}
	s.conns = newConnections(limit)
	return s, nil
}

// listenTCP binds an address as cheaply as a sidecar can: without Multipath TCP, Go's default for listeners, and without
// keep-alive packets, which cost system calls for each connection, while every wait for a caller has a deadline of its own.
func listenTCP(address string) (*net.TCPListener, error) {
	config := net.ListenConfig{KeepAlive: -1}
	config.SetMultipathTCP(false)
	listener, err := config.Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, err
	}
	return listener.(*net.TCPListener), nil
}

// Addr returns the address that is bound, with its real port.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// OpenConnections returns how many connections of callers are open.
func (s *Server) OpenConnections() int { return int(s.conns.count.Load()) }

// Serve answers until Stop. It returns nil only after Stop.
func (s *Server) Serve() error {
	defer close(s.next)
	var pause time.Duration
	for {
		tcp, err := s.listener.AcceptTCP()
		switch {
		case err == nil:
			pause = 0
			if !s.start(tcp) {
				return nil
			}
		case s.stopping.Load():
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		default:
			pause = s.pause(err, pause)
		}
	}
}

// pause waits after a failure to accept, and returns for how long: the longer the more failed in a row. One a minute is logged.
// When there are no descriptors left, somebody must go.
func (s *Server) pause(err error, last time.Duration) time.Duration {
	if now := time.Now(); now.Sub(s.failed) >= failureInterval {
		s.failed = now
		s.options.Log.Warn("callers cannot be accepted, trying again", zap.Error(err))
	}
	s.conns.evictOne()
	next := min(max(2*last, 5*time.Millisecond), time.Second)
	select {
	case <-time.After(next):
	case <-s.ctx.Done():
	}
	return next
}

// start serves a connection on a worker that is idle, or on a new one, whose stack must grow first. It reports false when no
// more are taken.
func (s *Server) start(tcp *net.TCPConn) bool {
	if s.conns.full() {
		runtime.Gosched() // in a burst of connects, those that are open are served first
	}
	if !s.conns.makeRoom() {
		tcp.Close()
		return false
	}
	select {
	case s.next <- tcp:
	default:
		go s.work(tcp)
	}
	return true
}

// work serves one connection after another.
func (s *Server) work(tcp *net.TCPConn) {
	c := newConn(s)
	for ok := true; ok; {
		s.serve(c, tcp)
		if s.idleWorkers.Add(1) > maxIdleWorkers {
			ok = false
		} else {
			tcp, ok = <-s.next
		}
		s.idleWorkers.Add(-1)
	}
}

// serve serves one connection. A panic is logged: a bug here must not end the process.
func (s *Server) serve(c *conn, tcp *net.TCPConn) {
	defer func() {
		if r := recover(); r != nil {
			s.options.Log.Error("panic in an answer", zap.String("panic", fmt.Sprint(r)), zap.ByteString("stack", debug.Stack()))
		}
		tcp.Close()
		s.conns.leave(c)
		c.release()
	}()
	c.open(tcp, time.Now())
	if s.conns.enter(c) {
		c.serve()
	}
}

// Stop closes the listener at once, lets the answers under way end, for at most a second, and closes the rest.
func (s *Server) Stop() {
	s.stopping.Store(true)
	s.listener.Close()
	s.conns.stop(stopTimeout)
	s.cancel()
}
