package admin

import (
	"testing"
	"time"

	"wshealthz/upgrade"
)

// TestStripStays: every bar stands on the ground and within its drawing, whatever the times, and is as tall as its parts.
func TestStripStays(t *testing.T) {
	o := stage(t, scene{set: func(s *staged) {
		s.probes(maxHistory, func(i int) upgrade.Verdict {
			v := failed(upgrade.Reasons()[3+i%18], "", "")
			for p := range v.Took {
				v.Took[p] = v.Took[p] * time.Duration(i*i) / 40
			}
			v.Took[upgrade.Dial] = time.Duration(i%2) * 400 * time.Nanosecond // is 0 µs in the history
			return v
		})
	}})
	v := newStripView(newHandler(o).snapshot().history)
	if v.Count != maxHistory || len(v.Drawings) != maxHistory/stripProbes {
		t.Fatalf("%d probes in %d drawings", v.Count, len(v.Drawings))
	}
	const ground = stripTop + stripTall
	for _, d := range v.Drawings {
		for i, b := range d.Bars {
			if b.X < stripLeft || b.X+stripPitch > stripLeft+stripProbes*stripPitch || b.Mark == "" {
				t.Errorf("bar %d is %+v", i, b)
			}
			at := float64(ground)
			for _, p := range b.Parts {
				if at -= p.H; !(p.H >= 0 && p.Y >= stripTop-0.1 && at-p.Y < 0.5 && p.Y-at < 0.5) {
					t.Errorf("bar %d has %+v, want it to end at %.1f", i, p, at)
				}
			}
		}
		for _, l := range d.Scale {
			if !(l.Y > stripTop && l.Y < ground) {
				t.Errorf("the scale has %+v", l)
			}
		}
	}
}

// TestStreak: since when it is like this.
func TestStreak(t *testing.T) {
	at := func(s int, reason upgrade.Reason) upgrade.Verdict {
		return upgrade.Verdict{At: time.Date(2026, 1, 2, 3, 4, s, 0, time.FixedZone("", 3600)), Reason: reason}
	}
	if got := streak(nil); got != "" {
		t.Error(got)
	}
	if got := streak([]upgrade.Verdict{at(1, upgrade.OK), at(2, upgrade.Refused), at(3, upgrade.OK), at(4, upgrade.OK)}); got != "02:04:03 UTC, 2 probes in a row" {
		t.Error(got)
	}
	if got := streak([]upgrade.Verdict{at(1, upgrade.OK)}); got != "02:04:01 UTC, 1 probe in a row" {
		t.Error(got)
	}
	full := make([]upgrade.Verdict, maxHistory)
	for i := range full {
		full[i] = at(i, upgrade.OK)
	}
	if got := streak(full); got != "before 02:04:00 UTC, 120 probes in a row or more" {
		t.Error(got)
	}
}
