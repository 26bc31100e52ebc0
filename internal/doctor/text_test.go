package main

import (
	"strings"
	"testing"
	"time"

	"wshealthz/upgrade"
)

// TestWaterfall: each bar begins where the one before ended, and a phase that was reached has one.
func TestWaterfall(t *testing.T) {
	v := upgrade.Verdict{}
	for _, c := range []struct {
		took [4]time.Duration // dial, tls, upgrade, exchange
		want string
	}{
		{[4]time.Duration{}, ",,,"},
		{[4]time.Duration{1, 0, 1, 0}, "============,,            ============,"},
		{[4]time.Duration{6, 6, 6, 6}, "======,      ======,            ======,                  ======"},
		{[4]time.Duration{1, 1, time.Hour, 1}, "=,=,=======================,                       ="},
	} {
		for i, phase := range upgrade.Phases() {
			v.Took[phase] = c.took[i]
		}
		var bars []string
		for _, bar := range waterfall(v) {
			if len(bar) != barWidth {
				t.Errorf("%v: %q is not %d long", c.took, bar, barWidth)
			}
			bars = append(bars, strings.TrimRight(bar, " "))
		}
		if got := strings.Join(bars, ","); got != c.want {
			t.Errorf("%v: %q, want %q", c.took, got, c.want)
		}
	}
}
