package upgrade

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"time"

	"github.com/gobwas/ws"
)

const (
	closeTime      = time.Second            // from the verdict to the end of the connection
	silence        = 500 * time.Millisecond // after which a server gets FIN, so that it may close too
	closeBytes     = 4 << 20                // read and discarded after a 101
	halfCloseBytes = 1 << 20                // the same without a 101
)

// A CloseResult is how a connection was closed after the verdict. It is not part of the verdict.
type CloseResult struct {
	Outcome CloseOutcome
	Took    time.Duration // since the verdict
	Bytes   int64         // received meanwhile and discarded
	// After is what the server sent after the 101 of a probe that exchanges nothing: messages, and a Close unless it
	// only answers ours. At most what its first 512 bytes hold.
	After []Message
}

// Refusal returns the Close in After, with which a server takes back its 101; nil when there is none. A probe that exchanges
// messages would be unhealthy.
func (r CloseResult) Refusal() *Message {
	i := slices.IndexFunc(r.After, func(m Message) bool { return m.Type == messageTypes[ws.OpClose] })
	if i < 0 {
		return nil
	}
	return &r.After[i]
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

// appendGoingAway appends Close 1001, the code that the fewest servers log. A client masks its frames (RFC 6455 section 5.3).
// It is made by hand because each probe sends it: gobwas/ws would allocate four times.
func appendGoingAway(b []byte) []byte {
	mask := ws.NewMask()
	code := [2]byte{byte(ws.StatusGoingAway >> 8), byte(ws.StatusGoingAway & 0xff)}
	ws.Cipher(code[:], mask, 0)
	b = append(b, closeByte, 1<<7|byte(len(code)))
	b = append(b, mask[:]...)
	return append(b, code[:]...)
}

// startClose begins to close the session's connection and returns at once.
func (p *Prober) startClose(s *session, v Verdict) {
	s.judged = true
	if s.tcp == nil {
		s.recycle()
		p.report(v, CloseResult{Outcome: NeverConnected})
		return
	}
	if s.upgraded && s.Dialogue == nil {
		s.keepAfter(s.rest)
	}
	s.shrink()
	s.closeBy = v.At.Add(closeTime)
	if s.upgraded {
		s.tcp.SetDeadline(v.At.Add(silence))
	} else {
		s.tcp.SetDeadline(s.closeBy)
	}
	p.closing.add(s)
	s.given = v // not handed to the goroutine: that would be half a kilobyte of garbage
	go p.finishClose(s)
}

func (p *Prober) finishClose(s *session) {
	defer s.recycle()
	defer p.closing.remove(s)
	result := p.closeConn(s)
	result.Took = time.Since(s.given.At)
	p.report(s.given, result)
}

// closeConn closes the connection, politely first. A panic is logged like one in a probe.
func (p *Prober) closeConn(s *session) (result CloseResult) {
	defer func() {
		if r := recover(); r != nil {
			p.panicked("closing the connection", r)
		}
		s.tcp.Close() // not TLS's Close: its close_notify was sent or is of no use
		p.own.remove(s.tcp)
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
// first). A server that is silent gets FIN, after which one kind closes without an error in its log; one that sends nothing
// at all gets a reset at the end, because another kind leaks the socket after a FIN alone.
func (s *session) closeWebSocket() CloseResult {
	if s.healthy && s.Dialogue.Goodbye != nil {
		s.send(ws.OpBinary, s.Dialogue.Goodbye)
	}
	s.buf = appendGoingAway(s.buf[:0])
	switch _, err := s.conn.Write(s.buf); {
	case isTimeout(err):
		return CloseResult{Outcome: OutOfTime}
	case err != nil:
		return CloseResult{Outcome: ServerReset}
	}
	result := s.discard(s.conn, closeBytes, true)
	result.After = s.parseAfter()
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
	return s.discard(s.tcp, halfCloseBytes, false)
}

// discard reads until EOF, the end of the time to close or more than limit bytes. A server that is silent gets FIN, unless
// it got one; open reports that it did not.
func (s *session) discard(conn net.Conn, limit int64, open bool) (result CloseResult) {
	buf := s.buf[:cap(s.buf)]
	quietSince := time.Now()
	for {
		n, err := conn.Read(buf)
		result.Bytes += int64(n)
		s.keepAfter(buf[:n])
		switch {
		case result.Bytes > limit:
			result.Outcome = TooMuch
		case err == nil:
			quietSince = time.Now()
			continue
		case isTimeout(err) && open && time.Since(quietSince) < silence && s.closing.extend(s, quietSince.Add(silence)):
			continue
		case isTimeout(err) && open && s.closing.extend(s, s.closeBy):
			s.tcp.CloseWrite()
			open = false
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
