package admin

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"wshealthz/probe"
	"wshealthz/upgrade"
)

// maxHistory is how many probes a History holds: ten minutes at one every five seconds.
const maxHistory = 120

// A History records what the probes of the server found. Use NewHistory.
type History struct {
	started time.Time
	shared  atomic.Uint64
	phases  map[upgrade.Phase]*histogram

	mu      sync.Mutex
	reasons map[upgrade.Reason]uint64
	probes  []upgrade.Verdict // a ring of maxHistory
	count   int               // of recorded probes; the next one's place is count % maxHistory
	failure upgrade.Verdict   // the last; zero At: none
	closed  time.Time         // of the verdict of the newest probe whose connection is closed
	refusal *upgrade.Message  // with which that one's server took back its 101; nil: none
}

// NewHistory returns a history without probes. timeout, the budget of a probe, is the highest bound of its histograms.
func NewHistory(timeout time.Duration) *History {
	h := &History{started: time.Now(), phases: map[upgrade.Phase]*histogram{}, reasons: map[upgrade.Reason]uint64{}}
	for _, phase := range upgrade.Phases() {
		h.phases[phase] = newHistogram(timeout)
	}
	return h
}

// Record wraps probe and stores each verdict. Canceled verdicts say nothing about the server: they are counted only.
func (h *History) Record(probe probe.Probe) probe.Probe {
	return func(ctx context.Context) upgrade.Verdict {
		verdict := probe(ctx)
		h.record(verdict)
		return verdict
	}
}

func (h *History) record(v upgrade.Verdict) {
	for _, phase := range upgrade.Phases() {
		if took := v.Took[phase]; took > 0 {
			h.phases[phase].observe(took)
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reasons[v.Reason]++
	if v.Reason == upgrade.Canceled {
		return
	}
	if !v.Healthy() {
		h.failure = v
	}
	v.Received = upgrade.Excerpt{} // the last failure's is enough
	if len(h.probes) < maxHistory {
		h.probes = append(h.probes, v)
	} else {
		h.probes[h.count%maxHistory] = v
	}
	h.count++
}

// RecordClose stores how the connection of a probe was closed. Connections may close in another order than their probes
// ended.
func (h *History) RecordClose(v upgrade.Verdict, result upgrade.CloseResult) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if v.At.After(h.closed) {
		h.closed, h.refusal = v.At, result.Refusal()
	}
}

// lastRefusal returns the Close with which the server took back the 101 of the newest probe whose connection is closed; nil
// when it did not.
func (h *History) lastRefusal() *upgrade.Message {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.refusal
}

// CountShared counts a verdict that was given without a probe of its own.
func (h *History) CountShared() { h.shared.Add(1) }

// probed returns how many probes ended with a reason.
func (h *History) probed(reason upgrade.Reason) uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.reasons[reason]
}

// list returns the recorded verdicts, the oldest first.
func (h *History) list() []upgrade.Verdict {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.probes) < maxHistory {
		return slices.Clone(h.probes)
	}
	oldest := h.count % maxHistory
	return slices.Concat(h.probes[oldest:], h.probes[:oldest])
}

// last returns the last verdict; its At is zero when there is none.
func (h *History) last() (v upgrade.Verdict) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.probes) > 0 {
		v = h.probes[(h.count-1)%maxHistory]
	}
	return v
}

// lastFailure returns the last verdict that was not healthy; its At is zero when there is none.
func (h *History) lastFailure() upgrade.Verdict {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.failure
}
