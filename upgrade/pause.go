package upgrade

import (
	"net"
	"time"
)

// While this process is stopped (SIGSTOP, a frozen container, a CPU quota that is used up) the deadline passes, and the bytes
// that came in time wait in the kernel. When it goes on, a read returns the timeout without a look at them: Go's poller checks
// the deadline first. A healthy server would be called slow for our own pause, so a timeout is judged in two steps:
//
//   - Whatever the reason, what the kernel holds at the end of the budget is still read, without waiting. A server that is late
//     has nothing there, and its verdict comes no later. Nor does that of a flood, of which there is always more.
//   - When we see the end of the budget much later than a timer fires, there was a pause, and the probe gets a little time to
//     go on, once: to dial again, to write what could not be written, to finish the TLS handshake, and for a server that was
//     paused along with us. It is as little time as that takes, because a server that really hangs gets it too.
const (
	lateTimer  = 250 * time.Millisecond // by which a timer is late at most, on a busy machine; beyond that there was a pause
	afterPause = 500 * time.Millisecond // to go on after a pause
	maxLate    = 128 << 10              // bytes that are read after the deadline: a head, and TLS around it
)

// A wire is the connection of a session, below TLS.
type wire struct {
	*net.TCPConn
	s    *session
	late int // bytes read after the deadline
}

// Read reads as a connection does. After the deadline it reads what has arrived.
func (w *wire) Read(p []byte) (int, error) {
	n, err := w.TCPConn.Read(p)
	if n > 0 || w.s.judged || w.s.paced > 0 || !isTimeout(err) {
		return n, err
	}
	if w.s.resume(w.s.deadline) {
		return w.TCPConn.Read(p)
	}
	if w.s.ctx.Err() != nil || w.late >= maxLate {
		return 0, err
	}
	n, err = readArrived(w.TCPConn, p)
	w.late += n
	return n, err
}

// Write writes as a connection does, and the rest after a pause.
func (w *wire) Write(p []byte) (int, error) {
	n, err := w.TCPConn.Write(p)
	if !isTimeout(err) || !w.s.resume(w.s.deadline) {
		return n, err
	}
	m, err := w.TCPConn.Write(p[n:])
	return n + m, err
}

// resume gives the probe time to go on when the process was paused beyond a deadline, and reports whether it was. It does so
// once, because the budget must end, and not when ctx is done.
func (s *session) resume(deadline time.Time) bool {
	if s.resumed || s.judged || s.paced > 0 || time.Since(deadline) < lateTimer || s.ctx.Err() != nil {
		return false
	}
	s.resumed = true
	if end := time.Now().Add(afterPause); end.After(s.deadline) {
		s.deadline = end
	}
	if s.tcp != nil {
		s.tcp.SetDeadline(s.deadline)
		if s.ctx.Err() != nil { // since: the deadline of the watch on ctx may just have been replaced
			s.tcp.SetDeadline(time.Unix(1, 0))
		}
	}
	return true
}
