package doctor

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"wshealthz/upgrade"
)

// TestBars: each bar begins where the one before ended, and a phase that was reached has one.
func TestBars(t *testing.T) {
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
		spans, whole := Waterfall(v, true)
		for _, span := range spans {
			bar := barOf(span, whole)
			if len(bar) != barWidth {
				t.Errorf("%v: %q is not %d long", c.took, bar, barWidth)
			}
			if bar = strings.TrimRight(bar, " "); !span.Reached() {
				bar = ""
			}
			bars = append(bars, bar)
		}
		if got := strings.Join(bars, ","); got != c.want {
			t.Errorf("%v: %q, want %q", c.took, got, c.want)
		}
	}
}

// TestListensElsewhere: a server that listens, but not where it was dialed.
func TestListensElsewhere(t *testing.T) {
	r := &Report{Target: &upgrade.Target{URL: &url.URL{Scheme: "ws", Host: "x"}}, Verdict: upgrade.NewVerdict(upgrade.Refused, ""), Listening: ListeningOutside}
	var out strings.Builder
	r.writeFacts(&out, Palette{})
	if !strings.Contains(out.String(), "but not on the one that was dialed") {
		t.Error(out.String())
	}
}

// TestPayload: an empty payload is seen as such, and a secret one is not seen.
func TestPayload(t *testing.T) {
	for want, m := range map[string]upgrade.Message{
		`""`:      {},
		`"a\x00"`: {Payload: upgrade.Excerpt{Bytes: []byte("a\x00")}},
		"…":       {Redacted: true},
	} {
		if got := payload(m); got != want {
			t.Errorf("%+v is shown as %s, want %s", m, got, want)
		}
	}
}
