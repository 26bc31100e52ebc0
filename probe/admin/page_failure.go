package probe

import (
	"strings"

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
	Sent, Came                        []string
}

// A step is a phase of the waterfall. X and Wide are thousandths of the whole.
type step struct {
	Phase   string
	Time    string // or why there is none
	Failed  bool
	Reached bool
	X, Wide float64
}

func viewFailure(s Status) *failureView {
	f := s.LastFailure
	if f == nil {
		return nil
	}
	_, sent := f.Took[upgrade.Upgrade.String()]
	return &failureView{
		Reason: f.Reason, Phase: f.Phase, Detail: own(f.Detail), Hint: own(f.Hint), Peer: own(f.Peer),
		When: clock(f.Time) + ", " + ago(s.Now, f.Time), Steps: waterfall(f.Entry, strings.HasPrefix(s.Target, "ws://")),
		Now: f.Time.Equal(s.Time), Mark: marks[f.Phase], WasSent: sent, Sent: sentLines(f.Sent), Came: cameLines(f.Came),
	}
}

func waterfall(e Entry, plain bool) (steps []step) {
	whole, at := max(total(e), 1e-6), 0.0
	for _, phase := range upgrade.Phases() {
		took, reached := e.Took[phase.String()]
		s := step{Phase: phase.String(), Time: "not reached", Reached: reached, Failed: phase.String() == e.Phase}
		switch {
		case reached:
			s.Time = brief(took)
			s.X = min(tenth(1000*at/whole), 992)
			s.Wide = max(tenth(1000*took/whole), 8) // thin, but there
			at += took
		case phase == upgrade.TLS && plain:
			s.Time = "not used, ws://"
		}
		steps = append(steps, s)
	}
	return steps
}

// sentLines are the lines of a request, without the empty one that ends it.
func sentLines(request string) (lines []string) {
	for line := range strings.Lines(strings.TrimRight(request, "\r\n")) {
		lines = append(lines, own(strings.TrimRight(line, "\r\n")))
	}
	return lines
}

// cameLines break a Go-quoted text behind each escaped line feed; every escape stays to be seen.
func cameLines(quoted string) (lines []string) {
	start := 0
	for i := 0; i+1 < len(quoted); i++ {
		if quoted[i] != '\\' {
			continue
		}
		i++ // an escaped backslash escapes nothing
		if quoted[i] == 'n' {
			lines = append(lines, own(quoted[start:i+1]))
			start = i + 1
		}
	}
	if rest := quoted[start:]; rest == `"` && len(lines) > 0 {
		lines[len(lines)-1] += rest
	} else if rest != "" {
		lines = append(lines, own(quoted[start:]))
	}
	return lines
}
