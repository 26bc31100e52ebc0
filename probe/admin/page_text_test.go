package admin

import (
	"strings"
	"testing"
	"time"
)

// TestPageText: strangers' text in all its forms.
func TestPageText(t *testing.T) {
	cut120 := strings.Repeat("x", maxText-1)
	for in, want := range map[string]string{
		"":                        "",
		"curl/8.14 (x) ~":         "curl/8.14 (x) ~",
		"/h\u0435alth":            `/h\u0435alth`,
		"a\tb\\n\x7f":             `a\tb\\n\x7f`,
		"\u202e\u2066\ufeff😀":     `\u202e\u2066\ufeff\U0001f600`,
		"\xff\xc3":                `\xff\xc3`,
		"\ufffd":                  `\ufffd`,
		cut120 + "\xc3":           cut120 + "…",
		cut120 + "\xff":           cut120 + `\xff…`,
		cut120[:117] + "\xe2\x82": cut120[:117] + `\xe2\x82`,
		cut120[:118] + "\xe2\x82": cut120[:118] + "…",
		cut120 + "y":              cut120 + "y…",
	} {
		if got := escapeUntrusted(in); got != want {
			t.Errorf("escapeUntrusted(%q) is %s, want %s", in, got, want)
		}
	}
	if got, want := escapeConfig("/gesundheit/ü…\u202e\n"), `/gesundheit/ü…\u202e\n`; got != want {
		t.Errorf("own text is %s, want %s", got, want)
	}
}

// TestPageTimes: times as people read them.
func TestPageTimes(t *testing.T) {
	for in, want := range map[float64]string{
		0: "0 ms", 0.00013: "0.13 ms", 0.0024: "2.40 ms", 0.005: "5 ms", 0.0123: "12.3 ms", 0.09996: "100 ms", 0.25: "250 ms", 1: "1 s", 3.004: "3 s", 59.96: "60 s", 300: "300 s",
	} {
		if got := brief(time.Duration(in * float64(time.Second))); got != want {
			t.Errorf("%v s is %s, want %s", in, got, want)
		}
	}
	for in, want := range map[time.Duration]string{
		-time.Second: "0 s", 59900 * time.Millisecond: "59 s", time.Minute: "1 min", 9*time.Minute + 4*time.Second: "9 min 4 s", 40*time.Minute + 9*time.Second: "40 min",
		2*time.Hour + 11*time.Minute: "2 h 11 min", 26 * time.Hour: "1 d 2 h", 400 * time.Hour: "16 d",
	} {
		if got := span(in); got != want {
			t.Errorf("%s is %s, want %s", in, got, want)
		}
	}
	for in, want := range map[time.Duration]time.Duration{
		0: 5 * time.Millisecond, 6 * time.Millisecond: 10 * time.Millisecond, 17100 * time.Microsecond: 20 * time.Millisecond, 30 * time.Millisecond: 50 * time.Millisecond,
		400 * time.Millisecond: 500 * time.Millisecond, 3001 * time.Millisecond: 5 * time.Second, time.Minute: 100 * time.Second,
	} {
		if got := scaleEnd(in); got != want {
			t.Errorf("the scale for %v ends at %v, want %v", in, got, want)
		}
	}
}
