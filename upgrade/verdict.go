package upgrade

import "time"

// A Verdict is what one probe found. It is made once, in this package or by a decorator that answers
// instead of a probe (draining), and not changed afterwards.
type Verdict struct {
	Reason Reason
	// Detail says what was being done, to what, what came and what was wanted. One line of printable ASCII, at
	// most maxDetail bytes, but for the "…" that stands for the target's query. Empty for OK.
	Detail string
	// Hint says what to try, one line. Empty for OK.
	Hint string
	// At is the moment of the verdict; its age counts from here.
	At time.Time
	// Took is the time that each phase took, by Phase; zero for a phase that was not reached.
	Took [phaseCount]time.Duration
	// Peer is the address that was dialed last, "" when none was.
	Peer string
	// Came is what the server sent, its first kilobyte, quoted like the pieces of it in Detail. Empty for OK, and when
	// nothing came.
	Came string
	// CertificateEnds is when the first of the server's certificates ends; zero without TLS.
	CertificateEnds time.Time
}

// Healthy says whether a conforming WebSocket client would be served.
func (v Verdict) Healthy() bool { return v.Reason == OK }

// String is the verdict on one line: "ok", or "phase: reason: detail (hint)", without the phase where the
// reason has none.
func (v Verdict) String() string {
	if v.Healthy() {
		return v.Reason.String()
	}
	line := v.Reason.String() + ": " + v.Detail + " (" + v.Hint + ")"
	if phase := v.Reason.Phase(); phase != NoPhase {
		line = phase.String() + ": " + line
	}
	return line
}

// Refuse is a verdict without a probe, for those who answer before the server is asked. The hint is the
// reason's own.
func Refuse(reason Reason, detail string) Verdict {
	return Verdict{Reason: reason, Detail: detail, Hint: reason.Hint(), At: time.Now()}
}
