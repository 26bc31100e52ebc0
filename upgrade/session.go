package upgrade

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
)

// firstBuffer is the size of the buffer at first, in bytes. It holds nearly every response head; a longer one makes it
// grow up to maxHead.
const firstBuffer = 4 << 10

// A session is one probe in progress: one connection, one buffer, one deadline for all steps.
type session struct {
	*Prober
	ctx      context.Context
	budget   time.Duration // from now to deadline
	began    time.Time
	deadline time.Time
	unwatch  func() bool    // stops the watch on ctx; false: ctx is done
	watch    sync.WaitGroup // held while that watch may still set a deadline

	tcp      *net.TCPConn
	wire     wire     // tcp, and what a timeout of it means
	conn     net.Conn // wire, or TLS over it
	peer     string
	upgraded bool // by a 101: the server has a WebSocket open

	fields     []Field  // sent with the handshake
	hidden     []string // what secrets returned; nil before the first call, and when fields have changed
	buf        []byte   // the request, then what was read
	rest       []byte   // the part of buf after the head
	head       head
	deflate    bool          // permessage-deflate was agreed on
	healthy    bool          // the exchange ended well
	resumed    bool          // after a pause of this process
	worked     time.Duration // by the exchange so far
	workedFrom time.Time     // the end of its last read
	paced      time.Duration // of worked, for which it has rested; above 0 in a flood
	judged     bool          // the verdict is made, and the connection is being closed
	took       [phaseCount]time.Duration
	last       []byte // the beginning of the last data message received

	given   Verdict   // before the connection is closed
	closeBy time.Time // the end of the time to close; zero when it is over early. Prober.closing's lock guards it

	after      [maxAfter]byte // the beginning of what came after the 101
	afterCount int            // bytes of it
	afterAt    time.Duration  // since the probe began

	// What only a hint is made of:
	tlsErr    error  // that ended a TLS connection
	messages  int    // data messages received
	closeCode uint16 // of the Close that came, 0 when none did

	certificateEnds time.Time
	tlsConfig       *tls.Config // the target's, once the TLS handshake began
}

func newSession(ctx context.Context, p *Prober) *session {
	s, _ := p.sessions.Get().(*session)
	if s == nil {
		s = &session{buf: make([]byte, 0, firstBuffer)}
	}
	s.Prober, s.ctx = p, ctx
	now := time.Now()
	s.budget = p.Timeout
	if deadline, ok := ctx.Deadline(); ok {
		s.budget = min(s.budget, deadline.Sub(now))
	}
	s.began, s.deadline = now, now.Add(s.budget)
	return s
}

// shrink drops what was read, and a buffer that grew for it: closing takes up to a second, in which many may close.
func (s *session) shrink() {
	s.rest, s.last, s.hidden = nil, nil, nil
	if cap(s.buf) > firstBuffer || cap(s.head.fields) > len(judged) {
		s.buf, s.head = make([]byte, 0, firstBuffer), head{} // the fields point into the old buffer
	}
}

// recycle makes the session available to another probe.
func (s *session) recycle() {
	p := s.Prober
	*s = session{buf: s.buf[:0], head: head{fields: s.head.fields[:0]}}
	p.sessions.Put(s)
}

// connected takes over a connection and bounds it by the deadline and by ctx.
func (s *session) connected(tcp *net.TCPConn) {
	s.tcp, s.wire = tcp, wire{TCPConn: tcp, s: s}
	s.conn = &s.wire
	s.open.Add(1)
	tcp.SetDeadline(s.deadline)
	s.watch.Add(1)
	s.unwatch = context.AfterFunc(s.ctx, func() {
		tcp.SetDeadline(time.Unix(1, 0))
		s.watch.Done()
	})
}

// stopWatch ends the watch on ctx, so that nothing else sets the connection's deadline any more.
func (s *session) stopWatch() {
	if s.unwatch != nil && s.unwatch() {
		s.watch.Done()
	}
	s.watch.Wait()
}

// ended returns the fault when ctx or the budget ended a step, nil when err is something else. late is the reason when
// the budget is used up; doing says what was being done.
func (s *session) ended(err error, late Reason, doing string, budget time.Duration) *fault {
	if errors.Is(s.ctx.Err(), context.Canceled) {
		return &fault{reason: Canceled, detail: doing + ": interrupted"}
	}
	if isTimeout(err) {
		return &fault{reason: late, detail: fmt.Sprintf("%s: timed out after %s", doing, budget.Round(time.Millisecond))}
	}
	return nil
}

func isTimeout(err error) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded)
}
