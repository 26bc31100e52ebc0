package admin

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"wshealthz/internal/doctor"
	"wshealthz/upgrade"
)

// The strip in the units of its drawings. A drawing is as wide as a phone, and three fit side by side on a desktop.
const (
	stripProbes = maxHistory / 3        // in one drawing
	stripLeft   = 30.0                  // for the scale's labels
	stripPitch  = 8.0                   // from bar to bar
	stripBar    = 6.0                   // a bar's width
	stripTop    = 13.0                  // for the marks above the bars
	stripTall   = 88.0                  // the tallest bar
	stripLeast  = 50 * time.Microsecond // a bar of no height
)

// marks are shapes around 0 0 that tell in which phase a probe failed, for people who do not see it by color.
var marks = map[upgrade.Phase]string{
	upgrade.NoPhase:  "M-3-3H3V3H-3Z",
	upgrade.Dial:     "M0-3.8 3.8 3H-3.8Z",
	upgrade.TLS:      "M0-4.2 4.2 0 0 4.2-4.2 0Z",
	upgrade.Upgrade:  "M-3.8-2.2-2.2-3.8 0-1.6 2.2-3.8 3.8-2.2 1.6 0 3.8 2.2 2.2 3.8 0 1.6-2.2 3.8-3.8 2.2-1.6 0Z",
	upgrade.Exchange: "M-3.6 0a3.6 3.6 0 1 0 7.2 0a3.6 3.6 0 1 0-7.2 0Z",
}

// A stripView draws the last probes.
type stripView struct {
	Count    int
	Summary  string
	Drawings []drawing
	Phases   []string // for the legend: those that took time
	Marks    []mark   // and those that failed
}

type drawing struct {
	Range string // of time
	Label string // in words, for people who do not see it
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

func newStripView(history []upgrade.Verdict) stripView {
	v := stripView{Count: len(history), Summary: summary(history)}
	var slowest time.Duration
	for _, p := range history {
		slowest = max(slowest, total(p))
	}
	most := scaleEnd(slowest)
	for _, phase := range append([]upgrade.Phase{upgrade.NoPhase}, upgrade.Phases()...) {
		if slices.ContainsFunc(history, func(p upgrade.Verdict) bool { return p.Took[phase] > 0 }) {
			v.Phases = append(v.Phases, phase.String())
		}
		if slices.ContainsFunc(history, func(p upgrade.Verdict) bool { return !p.Healthy() && p.Reason.Phase() == phase }) {
			v.Marks = append(v.Marks, mark{phase.String(), marks[phase]})
		}
	}
	for probes := range slices.Chunk(history, stripProbes) {
		v.Drawings = append(v.Drawings, draw(probes, most))
	}
	return v
}

func draw(probes []upgrade.Verdict, most time.Duration) drawing {
	d := drawing{Range: clock(probes[0].At)}
	if last := probes[len(probes)-1]; len(probes) > 1 {
		d.Range = strings.TrimSuffix(d.Range, " UTC") + " to " + clock(last.At)
	}
	d.Label = d.Range + ": " + summary(probes)
	for at := time.Millisecond; at <= 10*time.Second; at *= 10 {
		if at < most {
			d.Scale = append(d.Scale, level{tenth(stripTop + stripTall - height(at, most)), levelText(at)})
		}
	}
	slices.Reverse(d.Scale) // from the top, as Y grows
	for i, p := range probes {
		d.Bars = append(d.Bars, drawBar(p, stripLeft+float64(i)*stripPitch, height(total(p), most)))
	}
	return d
}

// drawBar stacks the phases from below, each with its share of the bar. The one that failed is shown as such.
func drawBar(p upgrade.Verdict, x, tall float64) bar {
	b := bar{Title: barTitle(p), X: tenth(x), MarkX: tenth(x + stripBar/2)}
	if !p.Healthy() {
		b.Mark = marks[p.Reason.Phase()]
	}
	bottom := stripTop + stripTall
	spans, whole := doctor.Waterfall(p, false)
	for _, span := range spans {
		if !span.Reached() {
			continue
		}
		class, h := span.Phase.String(), tall*float64(span.Took)/float64(whole)
		bottom -= h
		if span.Failed {
			class = "failed"
		}
		b.Parts = append(b.Parts, part{class, tenth(bottom), tenth(h)})
	}
	return b
}

// barTitle returns what a pointer over a bar shows.
func barTitle(p upgrade.Verdict) string {
	text := clock(p.At) + " " + p.Reason.String()
	for _, phase := range upgrade.Phases() {
		if took := p.Took[phase]; took > 0 {
			text += ", " + phase.String() + " " + brief(took)
		}
	}
	if p.Detail == "" {
		return text
	}
	if len(p.Detail) > maxText {
		return text + ": " + escapeConfig(wholeRunes(p.Detail[:maxText])) + "…"
	}
	return text + ": " + escapeConfig(p.Detail)
}

// summary describes probes in words: how many of each reason, the most frequent first, and how long the healthy ones took.
func summary(probes []upgrade.Verdict) string {
	count := map[upgrade.Reason]int{}
	var healthy []time.Duration
	var reasons []upgrade.Reason
	for _, p := range probes {
		if count[p.Reason]++; count[p.Reason] == 1 {
			reasons = append(reasons, p.Reason)
		}
		if p.Healthy() {
			healthy = append(healthy, total(p))
		}
	}
	slices.SortStableFunc(reasons, func(a, b upgrade.Reason) int { return count[b] - count[a] })
	var words []string
	for _, reason := range reasons {
		words = append(words, fmt.Sprintf("%d %s", count[reason], reason))
	}
	text := strings.Join(words, ", ")
	if slices.Sort(healthy); len(healthy) > 0 {
		text += fmt.Sprintf("; healthy ones took %s (median), %s at most", brief(healthy[len(healthy)/2]), brief(healthy[len(healthy)-1]))
	}
	return text
}
