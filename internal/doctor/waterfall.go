package doctor

import (
	"time"

	"wshealthz/upgrade"
)

// A Span is a phase's part of a probe.
type Span struct {
	Phase  upgrade.Phase
	Start  time.Duration // since the probe began
	Took   time.Duration // 0: it was not reached
	Failed bool          // the verdict's reason belongs to this phase
	Unused bool          // TLS of a ws:// target
}

// Reached reports whether the probe came to the phase.
func (s Span) Reached() bool { return s.Took > 0 }

// Waterfall returns every phase of a probe, in order, and the time of all of them. secure tells whether the target is a wss
// URL.
func Waterfall(v upgrade.Verdict, secure bool) (spans []Span, whole time.Duration) {
	for _, phase := range upgrade.Phases() {
		spans = append(spans, Span{
			Phase: phase, Start: whole, Took: v.Took[phase],
			Failed: !v.Healthy() && phase == v.Reason.Phase(), Unused: phase == upgrade.TLS && !secure,
		})
		whole += v.Took[phase]
	}
	return spans, whole
}
