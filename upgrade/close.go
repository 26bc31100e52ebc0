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
	closeTime      = time.Second // from the verdict to the end of the connection
	closeBytes     = 4 << 20     // read and discarded after a 101
	halfCloseBytes = 1 << 20     // the same without a 101
	maxClosing     = 64          // connections closing at a time; one more closes the oldest at once
)

// A CloseResult is how a connection was closed after the verdict. It is not part of the verdict.
type CloseResult struct {
	Outcome CloseOutcome
	Took    time.Duration // since the verdict
	Bytes   int64         // received meanwhile and discarded
}

// A CloseOutcome is how a connection ended.
type CloseOutcome string

const (
	NeverConnected CloseOutcome = "never connected"
	ServerClosed   CloseOutcome = "the server closed"
	ServerReset    CloseOutcome = "the server reset"
	OutOfTime      CloseOutcome = "the server did not close in time"
	TooMuch        CloseOutcome = "the server sent too much"
	Reset          CloseOutcome = "reset, the server said nothing to our Close"
)

// goingAway returns Close 1001, the code that the fewest servers log. A client masks its frames (RFC 6455 section 5.3).
func goingAway() []byte {
	return ws.MustCompileFrame(ws.MaskFrameInPlace(ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusGoingAway, ""))))
}

// startClose begins to close the session's connection and returns at once.
func (p *Prober) startClose(s *session, v Verdict) {
	if s.tcp == nil {
		s.recycle()
		p.report(v, CloseResult{Outcome: NeverConnected})
		return
	}
	s.shrink()
	s.tcp.SetDeadline(v.At.Add(closeTime))
	p.closing.add(s)
	go p.finishClose(s, v)
}

func (p *Prober) finishClose(s *session, v Verdict) {
	defer s.recycle()
	defer p.closing.remove(s)
	result := p.closeConn(s)
	result.Took = time.Since(v.At)
	p.report(v, result)
}

// closeConn closes the connection, politely first. A panic is logged like one in a probe.
func (p *Prober) closeConn(s *session) (result CloseResult) {
	defer func() {
		if r := recover(); r != nil {
			p.panicked("closing the connection", r)
		}
		s.tcp.Close() // not TLS's Close: its close_notify was sent or is of no use
		p.open.Add(-1)
	}()
	if s.upgraded {
		return s.closeWebSocket()
	}
	return s.halfClose()
}

func (p *Prober) report(v Verdict, result CloseResult) {
	defer func() {
		if r := recover(); r != nil {
			p.panicked("Closed", r)
		}
	}()
	if p.Closed != nil {
		p.Closed(v, result)
	}
}

// closeWebSocket sends Close and waits for the server's Close and EOF (RFC 6455 section 7.1.1: the server closes
// first). A server that sends nothing at all gets a reset: one kind leaks the socket after a FIN.
func (s *session) closeWebSocket() CloseResult {
	if s.healthy && s.Dialogue.Goodbye != nil {
		s.send(ws.OpBinary, s.Dialogue.Goodbye)
	}
	if _, err := s.conn.Write(goingAway()); err != nil {
		return CloseResult{Outcome: ServerReset}
	}
	result := s.discard(s.conn, closeBytes)
	if secured, ok := s.conn.(*tls.Conn); ok && result.Outcome == ServerClosed {
		secured.CloseWrite() // close_notify, within the deadline: Close would take five seconds of its own
	}
	if result.Outcome == OutOfTime && result.Bytes == 0 {
		result.Outcome = Reset
		s.tcp.SetLinger(0)
	}
	return result
}

// halfClose closes a connection that never became a WebSocket: the first thing that the server sees is FIN. A reset
// kills some servers, and a close with unread bytes is one. It goes past TLS, whose close would send more than FIN.
func (s *session) halfClose() CloseResult {
	s.tcp.CloseWrite()
	return s.discard(s.tcp, halfCloseBytes)
}

// discard reads until EOF, the deadline or more than limit bytes.
func (s *session) discard(conn net.Conn, limit int64) (result CloseResult) {
	buf := s.buf[:cap(s.buf)]
	for {
		n, err := conn.Read(buf)
		result.Bytes += int64(n)
		switch {
		case result.Bytes > limit:
			result.Outcome = TooMuch
		case err == nil:
			continue
		case isTimeout(err):
			result.Outcome = OutOfTime
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			result.Outcome = ServerClosed
		default:
			result.Outcome = ServerReset
		}
		return result
	}
}

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
		c.sessions[len(c.sessions)-maxClosing].tcp.SetDeadline(time.Unix(1, 0))
	}
	c.sessions = append(c.sessions, s)
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
