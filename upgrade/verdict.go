package upgrade

import (
	"strings"
	"time"
)

// maxDetail bounds a verdict's detail in bytes: with phase, reason and hint it fits a body of 512.
const maxDetail = 320

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
	// Received is the first kilobyte of what the server sent: of its response when Reason belongs to the phase Upgrade,
	// of its last message when it belongs to Exchange. Empty in the other phases, for OK, and when nothing came.
	Received Excerpt
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

// NewVerdict returns a verdict that no probe made, for those who answer before the server is probed. The hint is the
// reason's own.
func NewVerdict(reason Reason, detail string) Verdict {
	return Verdict{Reason: reason, Detail: detail, Hint: reason.Hint(), At: time.Now()}
}

// toASCII returns text fit for one line of at most limit bytes: what is not printable ASCII becomes "?", but for the
// "…" that stands for a hidden query, and what is too long ends with "...".
func toASCII(text string, limit int) string {
	text = strings.Map(func(r rune) rune {
		if r >= ' ' && r <= '~' || r == '…' {
			return r
		}
		return '?'
	}, text)
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit-3], "") + "..."
	}
	return text
}
