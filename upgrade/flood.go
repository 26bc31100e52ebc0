package upgrade

import "time"

// A server that sends as fast as it can would have an exchange read and judge for its whole budget, at the cost of a core. So
// the work of an exchange is counted, and beyond an allowance reading is paced: TCP's window then stops the server. The units
// are those of reading one byte, about 2 ns. What was measured, in a container of two cores: a frame takes 0.5 to 1 µs whatever
// its length, a Pong of ours 3 µs, and what Expect or a protocol reads of a message from 4 ns (a literal text) to 100 ns a byte
// (JSON, a pattern with repetitions).
//
// The allowance is spent by 4 MiB of messages that nobody judges, by 16,000 empty ones, by 480 kB that are judged, or by 1,800
// pings. A server that sends a history or a first state is read at full speed, and so is the reply that comes after it. Beyond,
// 3 s of a flood take about 0.1 s of CPU.
const (
	freeWork   = 4 << 20 // units in one exchange that are not paced
	pacedWork  = 2 << 20 // units a second beyond that
	frameWork  = 256     // of each frame
	pongWork   = 2 << 10 // of each Pong that we send
	judgedWork = 8       // of each byte that Expect or a protocol reads
)

// pace waits, before more is read in an exchange, until the work of what was read is not too much; at most to the deadline, and
// until ctx is done.
func (s *session) pace() {
	beyond := s.work - max(freeWork, s.paced)
	if beyond <= 0 {
		return
	}
	s.paced = s.work
	wait := time.Duration(beyond) * time.Second / pacedWork
	timer := time.NewTimer(min(wait, time.Until(s.deadline)))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.ctx.Done():
	}
}
