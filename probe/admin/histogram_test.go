package admin

import (
	"slices"
	"testing"
	"time"
)

// TestHistogram: a bound belongs to its bucket, counts are cumulative, the timeout is the highest bound, and what is above it
// counts in the last.
func TestHistogram(t *testing.T) {
	h := newHistogram(300 * time.Millisecond)
	for _, d := range []time.Duration{125 * time.Millisecond, 250 * time.Millisecond, 300 * time.Millisecond, 4 * time.Second} {
		h.observe(d)
	}
	if last := h.bounds[len(h.bounds)-3:]; !slices.Equal(last, []float64{0.1, 0.25, 0.3}) {
		t.Errorf("the highest bounds are %v", last)
	}
	counts, sum := h.cumulative()
	if last := counts[len(counts)-4:]; !slices.Equal(last, []uint64{0, 2, 3, 4}) || sum != 4.675 {
		t.Errorf("the last counts are %v, the sum is %v", last, sum)
	}
}
