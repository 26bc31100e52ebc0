package probe

import (
	"context"
	"slices"
	"sync"
	"time"

	"wshealthz/upgrade"
)

// kept is how many probes a History holds: ten minutes at one each five seconds.
const kept = 120

// A History holds what the probes of the server found. Use NewHistory.
type History struct {
	metrics *metricSet
	started time.Time

	mu      sync.Mutex
	probes  []upgrade.Verdict // a ring of kept
	count   int               // of all probes; the next one's place is count % kept
	failure upgrade.Verdict   // the last; zero At: none
}

// NewHistory is a history without probes. timeout, the budget of a probe, is the highest bound of its histograms.
func NewHistory(timeout time.Duration) *History {
	return &History{metrics: newMetricSet(timeout), started: time.Now()}
}

// Of is probe with its verdicts kept. Canceled ones are nobody's health and not kept.
func (h *History) Of(probe Probe) Probe {
	return func(ctx context.Context) upgrade.Verdict {
		verdict := probe(ctx)
		h.keep(verdict)
		return verdict
	}
}

func (h *History) keep(v upgrade.Verdict) {
	h.metrics.probed(v)
	if v.Reason == upgrade.Canceled {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if !v.Healthy() {
		h.failure = v
	}
	v.Came = "" // the last failure's is enough
	if len(h.probes) < kept {
		h.probes = append(h.probes, v)
	} else {
		h.probes[h.count%kept] = v
	}
	h.count++
}

// Shared counts a verdict that was given without a probe of its own.
func (h *History) Shared() { h.metrics.shared.Inc() }

// Probes are the verdicts that are kept, the oldest first.
func (h *History) Probes() []upgrade.Verdict {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.probes) < kept {
		return slices.Clone(h.probes)
	}
	oldest := h.count % kept
	return slices.Concat(h.probes[oldest:], h.probes[:oldest])
}

// Last is the last verdict.
func (h *History) Last() (v upgrade.Verdict, found bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.probes) == 0 {
		return v, false
	}
	return h.probes[(h.count-1)%kept], true
}

// Failure is the last verdict that was not healthy.
func (h *History) Failure() (v upgrade.Verdict, found bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.failure, !h.failure.At.IsZero()
}
