package probe

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"sync"
	"time"
)

// A histogram counts durations in buckets, as Prometheus' classic histograms do. github.com/VictoriaMetrics/metrics has its
// own kind of buckets, which Prometheus does not read, or, from 1.36 on, writes a line of its own to standard error at every
// start where the kernel has no pressure information.
type histogram struct {
	bounds []float64 // upper bounds in seconds, inclusive, ascending

	mu     sync.Mutex
	counts []uint64 // for each bound, and above them all
	sum    float64
}

func newHistogram(bounds []float64) *histogram {
	return &histogram{bounds: bounds, counts: make([]uint64, len(bounds)+1)}
}

func (h *histogram) observe(d time.Duration) {
	i, _ := slices.BinarySearch(h.bounds, d.Seconds())
	h.mu.Lock()
	defer h.mu.Unlock()
	h.counts[i]++
	h.sum += d.Seconds()
}

// write writes the samples in the text format: cumulative buckets, sum and count. label is one, such as phase="dial".
func (h *histogram) write(w io.Writer, name, label string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	total := uint64(0)
	for i, count := range h.counts {
		total += count
		bound := "+Inf"
		if i < len(h.bounds) {
			bound = strconv.FormatFloat(h.bounds[i], 'g', -1, 64)
		}
		fmt.Fprintf(w, "%s_bucket{%s,le=%q} %d\n", name, label, bound, total)
	}
	fmt.Fprintf(w, "%s_sum{%s} %g\n%s_count{%s} %d\n", name, label, h.sum, name, label, total)
}
