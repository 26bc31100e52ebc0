package probe

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"wshealthz/upgrade"
)

// The strip in the units of its drawings. A drawing is as wide as a phone, and three stand side by side on a desk.
const (
	stripProbes = kept / 3 // in one drawing
	stripLeft   = 30.0     // for the scale's labels
	stripPitch  = 8.0      // from bar to bar
	stripBar    = 6.0      // a bar's width
	stripTop    = 13.0     // for the marks above the bars
	stripTall   = 88.0     // the tallest bar
	stripLeast  = 50e-6    // seconds: a bar of no height
)

// marks are shapes around 0 0 that tell in which phase a probe failed, for those who cannot tell by colour.
var marks = map[string]string{
	"":         "M-3-3H3V3H-3Z",
	"dial":     "M0-3.8 3.8 3H-3.8Z",
	"tls":      "M0-4.2 4.2 0 0 4.2-4.2 0Z",
	"upgrade":  "M-3.8-2.2-2.2-3.8 0-1.6 2.2-3.8 3.8-2.2 1.6 0 3.8 2.2 2.2 3.8 0 1.6-2.2 3.8-3.8 2.2-1.6 0Z",
	"exchange": "M-3.6 0a3.6 3.6 0 1 0 7.2 0a3.6 3.6 0 1 0-7.2 0Z",
}

// A stripView is the last probes.
type stripView struct {
	Count    int
	Summary  string
	Drawings []drawing
	Phases   []string // for the legend: those that took time
	Marks    []mark   // and those that failed
}

type drawing struct {
	Range string // of time
	Label string // in words, for those who do not see it
	Scale []level
	Bars  []bar
}

type level struct {
	Y    float64
	Text string
}

type bar struct {
	Title string
	X     float64
	Parts []part
	Mark  string // its shape; "" for a healthy probe
	MarkX float64
}

type part struct {
	Class string // the phase, or failed
	Y, H  float64
}

type mark struct{ Phase, Shape string }

func viewStrip(history []Entry) stripView {
	v := stripView{Count: len(history), Summary: summary(history)}
	var slowest float64
	for _, e := range history {
		slowest = max(slowest, total(e))
	}
	most := scaleEnd(slowest)
	for _, phase := range append([]upgrade.Phase{upgrade.NoPhase}, upgrade.Phases()...) {
		name := phase.String()
		if slices.ContainsFunc(history, func(e Entry) bool { return e.Took[name] > 0 }) {
			v.Phases = append(v.Phases, name)
		}
		if slices.ContainsFunc(history, func(e Entry) bool { return !e.Healthy && e.Phase == name }) {
			v.Marks = append(v.Marks, mark{name, marks[name]})
		}
	}
	for probes := range slices.Chunk(history, stripProbes) {
		v.Drawings = append(v.Drawings, draw(probes, most))
	}
	return v
}

// scaleEnd is the first of 1, 2, 5, 10, 20 … at or above the slowest probe, in seconds, and at least 5 ms: the scale does not
// move with every probe.
func scaleEnd(slowest float64) float64 {
	end, steps := 0.005, []float64{2, 2, 2.5}
	for i := 0; end < slowest; i++ {
		end *= steps[i%len(steps)]
	}
	return end
}

func draw(probes []Entry, most float64) drawing {
	d := drawing{Range: clock(probes[0].Time)}
	if last := probes[len(probes)-1]; len(probes) > 1 {
		d.Range = strings.TrimSuffix(d.Range, " UTC") + " to " + clock(last.Time)
	}
	d.Label = d.Range + ": " + summary(probes)
	for seconds, text := range map[float64]string{1e-3: "1 ms", 1e-2: "10 ms", 0.1: "0.1 s", 1: "1 s", 10: "10 s"} {
		if seconds < most*0.99 {
			d.Scale = append(d.Scale, level{tenth(stripTop + stripTall - height(seconds, most)), text})
		}
	}
	slices.SortFunc(d.Scale, func(a, b level) int { return int(a.Y - b.Y) })
	for i, e := range probes {
		d.Bars = append(d.Bars, drawBar(e, stripLeft+float64(i)*stripPitch, height(total(e), most)))
	}
	return d
}

// drawBar stacks the phases from below, each with its share of the bar. The one that failed is shown as such.
func drawBar(e Entry, x, tall float64) bar {
	b := bar{Title: barTitle(e), X: tenth(x), MarkX: tenth(x + stripBar/2)}
	if !e.Healthy {
		b.Mark = marks[e.Phase]
	}
	bottom, whole := stripTop+stripTall, max(total(e), 1e-6)
	for _, phase := range upgrade.Phases() {
		name := phase.String()
		took, reached := e.Took[name]
		if !reached {
			continue
		}
		h := tall * took / whole
		bottom -= h
		if !e.Healthy && name == e.Phase {
			name = "failed"
		}
		b.Parts = append(b.Parts, part{name, tenth(bottom), tenth(h)})
	}
	return b
}

// barTitle is what a pointer over a bar tells.
func barTitle(e Entry) string {
	text := clock(e.Time) + " " + e.Reason
	for _, phase := range upgrade.Phases() {
		if took, reached := e.Took[phase.String()]; reached {
			text += ", " + phase.String() + " " + brief(took)
		}
	}
	if e.Detail == "" {
		return text
	}
	if len(e.Detail) > maxText {
		return text + ": " + own(wholeRunes(e.Detail[:maxText])) + "…"
	}
	return text + ": " + own(e.Detail)
}

// height is a bar's, on a logarithmic scale: loopback takes a fraction of a millisecond, a timeout seconds.
func height(seconds, most float64) float64 {
	share := math.Log(max(seconds, stripLeast)/stripLeast) / math.Log(most/stripLeast)
	return 2 + (stripTall-2)*min(share, 1)
}

func total(e Entry) (sum float64) {
	for _, took := range e.Took {
		sum += took
	}
	return sum
}

func tenth(x float64) float64 { return math.Round(x*10) / 10 }

// summary is probes in words: how many of each reason, the most frequent first, and how long the healthy ones took.
func summary(probes []Entry) string {
	count := map[string]int{}
	var healthy []float64
	var names []string
	for _, e := range probes {
		if count[e.Reason]++; count[e.Reason] == 1 {
			names = append(names, e.Reason)
		}
		if e.Healthy {
			healthy = append(healthy, total(e))
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return count[b] - count[a] })
	var words []string
	for _, name := range names {
		words = append(words, fmt.Sprintf("%d %s", count[name], name))
	}
	text := strings.Join(words, ", ")
	if slices.Sort(healthy); len(healthy) > 0 {
		text += fmt.Sprintf("; healthy ones took %s (median), %s at most", brief(healthy[len(healthy)/2]), brief(healthy[len(healthy)-1]))
	}
	return text
}
