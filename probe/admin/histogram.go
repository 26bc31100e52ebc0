package admin

import (
	"slices"
	"sync"
	"time"
)

// bucketBounds are the upper bounds of histogram buckets in seconds, up to the probe's timeout: loopback takes a fraction of a
// millisecond.
var bucketBounds = []float64{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30}

// A histogram counts durations in buckets, as Prometheus' classic histograms do.
type histogram struct {
	bounds []float64 // upper bounds in seconds, inclusive, ascending

	mu     sync.Mutex
	counts []uint64 // for each bound, and above them all
	sum    float64
}

// newHistogram returns a histogram whose highest bound is the timeout.
func newHistogram(timeout time.Duration) *histogram {
	var bounds []float64
	for _, bound := range bucketBounds {
		if bound < timeout.Seconds() {
			bounds = append(bounds, bound)
		}
	}
	bounds = append(bounds, timeout.Seconds())
	return &histogram{bounds: bounds, counts: make([]uint64, len(bounds)+1)}
}

func (h *histogram) observe(d time.Duration) {
	i, _ := slices.BinarySearch(h.bounds, d.Seconds())
	h.mu.Lock()
	defer h.mu.Unlock()
	h.counts[i]++
	h.sum += d.Seconds()
}

// cumulative returns how many durations are at or below each bound, and in all, with their sum in seconds.
func (h *histogram) cumulative() (counts []uint64, sum float64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	counts = slices.Clone(h.counts)
	for i := 1; i < len(counts); i++ {
		counts[i] += counts[i-1]
	}
	return counts, h.sum
}
