package upgrade

import (
	"strings"
	"time"
)

// maxDetail bounds a verdict's detail in bytes: with phase, reason and hint it fits a body of 512.
const maxDetail = 320

// A Verdict is what one probe found. It is made once, by this package or with NewVerdict, and never changed.
type Verdict struct {
	Reason Reason
	// Detail says what was being done, to what, what came and what was wanted. It is one line of at
	// most 320 bytes, printable ASCII except for the "…" that stands for the target's query. Empty for OK.
	Detail string
	// Hint says what to try, one line. Empty for OK.
	Hint string
	// At is the moment of the verdict; its age counts from here.
	At time.Time
	// Took is how long each phase took, indexed by Phase; zero for a phase that was not reached.
	Took [phaseCount]time.Duration
	// Peer is the address that was dialed last, "" when none was.
	Peer string
	// Received is the first kilobyte of what the server sent: of its response when Reason belongs to the phase Upgrade,
	// of its last message when it belongs to Exchange. Empty in the other phases, for OK, and when nothing came.
	Received Excerpt
	// CertificateEnds is when the first of the server's certificates expires; zero when none was seen.
	CertificateEnds time.Time
}

// Healthy reports whether a conforming WebSocket client would be served.
func (v Verdict) Healthy() bool { return v.Reason == OK }

// String returns the verdict on one line: "ok", or "phase: reason: detail (hint)", without the phase when the reason has
// none.
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

// NewVerdict returns a verdict of this moment for a caller who is answered without a probe. Its hint is the reason's own.
func NewVerdict(reason Reason, detail string) Verdict {
	return Verdict{Reason: reason, Detail: detail, Hint: reason.Hint(), At: time.Now()}
}

// toASCII returns text as one line of printable ASCII of at most limit bytes: other characters become "?", except the "…"
// that stands for a hidden query, and a text that was cut ends with "...".
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
