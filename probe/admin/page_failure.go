package admin

import (
	"strings"
	"time"

	"wshealthz/internal/doctor"
	"wshealthz/upgrade"
)

// A failureView is the last probe that was not healthy.
type failureView struct {
	Reason, Phase, Detail, Hint, When string
	Peer                              string
	Now                               bool // it is the verdict, which stands above
	Steps                             []step
	Mark                              string // the shape of its phase in the strip
	WasSent                           bool
	Sent, Received                    []string
}

// A step is a phase of the waterfall. X and Width are thousandths of the whole.
type step struct {
	Phase    string
	Time     string // or why there is none
	Failed   bool
	Reached  bool
	X, Width float64
}

func newFailureView(s *snapshot) *failureView {
	f := s.failure
	if f.At.IsZero() {
		return nil
	}
	return &failureView{
		Reason: f.Reason.String(), Phase: f.Reason.Phase().String(), Detail: escapeConfig(f.Detail), Hint: escapeConfig(f.Hint), Peer: escapeConfig(f.Peer),
		When: clock(f.At) + ", " + ago(s.now, f.At), Steps: newSteps(f, s.Target.Secure()),
		Now: f.At.Equal(s.Verdict.At), Mark: marks[f.Reason.Phase()], WasSent: f.Took[upgrade.Upgrade] > 0,
		Sent: sentLines(s.sent), Received: f.Received.Lines(),
	}
}

func newSteps(v upgrade.Verdict, secure bool) (steps []step) {
	spans, whole := doctor.Waterfall(v, secure)
	thousandths := func(d time.Duration) float64 { return tenth(1000 * float64(d) / float64(max(whole, 1))) }
	for _, span := range spans {
		s := step{Phase: span.Phase.String(), Time: "not reached", Reached: span.Reached(), Failed: span.Failed}
		switch {
		case span.Reached():
			s.Time = brief(span.Took)
			s.X = min(thousandths(span.Start), 992)
			s.Width = max(thousandths(span.Took), 8) // thin, but there
		case span.Unused:
			s.Time = "not used, ws://"
		}
		steps = append(steps, s)
	}
	return steps
}

// sentLines returns the lines of a request, without the empty one that ends it.
func sentLines(request string) (lines []string) {
	for line := range strings.Lines(strings.TrimRight(request, "\r\n")) {
		lines = append(lines, escapeConfig(strings.TrimRight(line, "\r\n")))
	}
	return lines
}
