package upgrade

import "time"

// A server that sends as fast as it can would have an exchange read and judge for its whole budget, at the cost of a core. So
// the time in which an exchange works is measured, and beyond an allowance it rests between reads: TCP's window then stops the
// server. A history, or a first state of tens of megabytes, is read at full speed, and so is the reply that comes after it.
// Beyond, a flood takes a fifth of a core.
const (
	freeWork    = 500 * time.Millisecond // of work in one exchange without a rest
	restShare   = 4                      // rest, in times of the work beyond that
	leastRest   = 5 * time.Millisecond   // of work, for which it is worth to rest
	mostWork    = 50 * time.Millisecond  // between two reads that count: beyond, the process was paused
	waitingRead = 50 * time.Microsecond  // from which on a read waited for the server, and is not work
)

// pace rests, before more is read in an exchange, when it has worked too much; at most to the deadline, and until ctx is done.
func (s *session) pace() {
	s.countWork(time.Since(s.workedFrom), mostWork)
	beyond := s.worked - max(freeWork, s.paced)
	if s.worked < freeWork || beyond < leastRest {
		return
	}
	s.paced = s.worked
	timer := time.NewTimer(min(restShare*beyond, time.Until(s.deadline)))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.ctx.Done():
	}
}

// readPaced reads from the connection of an exchange that is paced.
func (s *session) readPaced(p []byte) (int, error) {
	if s.workedFrom.IsZero() {
		s.workedFrom = time.Now()
	}
	s.pace()
	began := time.Now()
	n, err := s.conn.Read(p)
	s.workedFrom = time.Now()
	if took := s.workedFrom.Sub(began); took < waitingRead {
		s.countWork(took, waitingRead)
	}
	return n, err
}

func (s *session) countWork(took, most time.Duration) { s.worked += min(took, most) }
