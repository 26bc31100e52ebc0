package probe

import (
	"strings"
	"testing"
	"time"
)

// TestHistogram: a bound is its bucket's, buckets are cumulative, and what is above all bounds counts in +Inf.
func TestHistogram(t *testing.T) {
	h := newHistogram([]float64{0.25, 2.5})
	for _, d := range []time.Duration{125 * time.Millisecond, 250 * time.Millisecond, time.Second, 4 * time.Second} {
		h.observe(d)
	}
	var out strings.Builder
	h.write(&out, "x", `a="b"`)
	const want = `x_bucket{a="b",le="0.25"} 2
x_bucket{a="b",le="2.5"} 3
x_bucket{a="b",le="+Inf"} 4
x_sum{a="b"} 5.375
x_count{a="b"} 4
`
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}
