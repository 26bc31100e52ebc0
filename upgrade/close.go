package upgrade

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/gobwas/ws"
)

const (
	leaveTime  = time.Second // from the verdict
	leaveBytes = 4 << 20     // read and discarded after a 101
	fleeBytes  = 1 << 20     // the same before it
	maxLeaving = 64          // connections that are being left at a time; beyond it the oldest goes
)

// Left says how a connection was left. It is no part of the verdict.
type Left struct {
	How  Parting
	Took time.Duration // since the verdict
	Read int64         // bytes that came meanwhile and were discarded
}

// Parting is how a connection ended.
type Parting string

const (
	NeverConnected Parting = "never connected"
	ServerClosed   Parting = "the server closed"
	ServerReset    Parting = "the server reset"
	OutOfTime      Parting = "the server did not close in time"
	TooMuch        Parting = "the server sent too much"
	Reset          Parting = "reset, the server said nothing to our Close"
)

// goingAway is Close 1001, the code that the fewest servers log. A client's frames are masked (RFC 6455 5.3).
func goingAway() []byte {
	return ws.MustCompileFrame(ws.MaskFrameInPlace(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusGoingAway, ""))))
}

// leave begins to leave the session's connection and returns at once.
func (p *Prober) leave(s *session, v Verdict) {
	if s.tcp == nil {
		s.recycle()
		p.done(v, Left{How: NeverConnected})
		return
	}
	s.shrink()
	s.tcp.SetDeadline(v.At.Add(leaveTime))
	p.departures.add(s)
	go p.depart(s, v)
}

// depart leaves. A panic here is logged like one in a probe, and the connection is closed.
func (p *Prober) depart(s *session, v Verdict) {
	defer s.recycle()
	defer p.departures.remove(s)
	left := p.part(s)
	left.Took = time.Since(v.At)
	p.done(v, left)
}

func (p *Prober) part(s *session) (left Left) {
	defer func() {
		if r := recover(); r != nil {
			p.panicked("leaving", r)
		}
		s.tcp.Close() // TLS's own goodbye, where there is one, was sent or is of no use
		p.connections.Add(-1)
	}()
	if s.opened {
		return s.close()
	}
	return s.flee()
}

func (p *Prober) done(v Verdict, left Left) {
	defer func() {
		if r := recover(); r != nil {
			p.panicked("telling of", r)
		}
	}()
	if p.Done != nil {
		p.Done(v, left)
	}
}

// close leaves a WebSocket: Close, then the server's Close and EOF (RFC 6455 section 7.1.1: the server closes
// first). A server that says nothing at all gets a reset: after a FIN one kind leaks the socket.
func (s *session) close() Left {
	if s.agreed && s.Dialogue.Goodbye != nil {
		s.send(ws.OpBinary, s.Dialogue.Goodbye)
	}
	if _, err := s.conn.Write(goingAway()); err != nil {
		return Left{How: ServerReset}
	}
	left := s.discard(s.conn, leaveBytes)
	if secured, ok := s.conn.(*tls.Conn); ok && left.How == ServerClosed {
		secured.CloseWrite() // close_notify, within the deadline: Close would take five seconds of its own
	}
	if left.How == OutOfTime && left.Read == 0 {
		left.How = Reset
		s.tcp.SetLinger(0)
	}
	return left
}

// flee leaves before there is a WebSocket: the first that the server sees is FIN. A reset kills some servers, and
// a close with unread bytes is one. TLS is passed by: its close would send more than FIN.
func (s *session) flee() Left {
	s.tcp.CloseWrite()
	return s.discard(s.tcp, fleeBytes)
}

// discard reads until EOF, the deadline or more than limit bytes.
func (s *session) discard(conn net.Conn, limit int64) Left {
	left := Left{}
	buf := s.buf[:cap(s.buf)]
	for {
		n, err := conn.Read(buf)
		left.Read += int64(n)
		switch {
		case left.Read > limit:
			left.How = TooMuch
		case err == nil:
			continue
		case isTimeout(err):
			left.How = OutOfTime
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			left.How = ServerClosed
		default:
			left.How = ServerReset
		}
		return left
	}
}

// departures are the connections that are being left, the oldest first.
type departures struct {
	mu      sync.Mutex
	leaving []*session
	empty   chan struct{} // closed when nobody leaves any more; nil when nobody waits for that
}

// add takes a session in. When there are too many the oldest one's time is over; nobody waits for that.
func (d *departures) add(s *session) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.leaving) >= maxLeaving {
		d.leaving[len(d.leaving)-maxLeaving].tcp.SetDeadline(time.Unix(1, 0))
	}
	d.leaving = append(d.leaving, s)
}

func (d *departures) remove(s *session) {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := slices.Index(d.leaving, s)
	d.leaving = slices.Delete(d.leaving, i, i+1)
	if len(d.leaving) == 0 && d.empty != nil {
		close(d.empty)
		d.empty = nil
	}
}

func (d *departures) wait(ctx context.Context) {
	d.mu.Lock()
	if len(d.leaving) == 0 {
		d.mu.Unlock()
		return
	}
	if d.empty == nil {
		d.empty = make(chan struct{})
	}
	empty := d.empty
	d.mu.Unlock()
	select {
	case <-empty:
	case <-ctx.Done():
	}
}
