package probe

import (
	"context"
	"sync"
	"time"

	"wshealthz/upgrade"
)

// Share wraps probe so that callers at the same time share one probe, and its verdict is given again while it is no older
// than maxAge (0: only to callers who came before it). lifetime returns the context of each probe: none of the callers' own,
// because one who hangs up must fail nobody. Canceled verdicts are not kept. A caller whose own context ends while another's
// probe is under way gets Canceled. shared is called for each verdict that was given without a probe of its own. probe must
// end whatever happens: see Bound.
//
// The first caller's goroutine does the probe for all. Not golang.org/x/sync/singleflight: the age must be judged under the
// same lock, its Do holds a caller who hung up until the probe ends, and its DoChan takes 0.6 µs where this takes 0.2.
func Share(probe Probe, maxAge time.Duration, lifetime func() context.Context, shared func()) Probe {
	s := &share{probe: probe, maxAge: maxAge, lifetime: lifetime, shared: shared}
	return s.verdict
}

type share struct {
	probe    Probe
	maxAge   time.Duration
	lifetime func() context.Context
	shared   func()

	mu     sync.Mutex
	last   upgrade.Verdict // zero At: none
	flight *flight         // the probe under way; nil: none
}

type flight struct {
	landed  chan struct{}
	verdict upgrade.Verdict // set before landed is closed
}

func (s *share) verdict(ctx context.Context) upgrade.Verdict {
	s.mu.Lock()
	if !s.last.At.IsZero() && time.Since(s.last.At) <= s.maxAge {
		defer s.mu.Unlock()
		s.shared()
		return s.last
	}
	if f := s.flight; f != nil {
		s.mu.Unlock()
		s.shared()
		return f.wait(ctx)
	}
	f := &flight{landed: make(chan struct{}), verdict: upgrade.NewVerdict(upgrade.Internal, "panic in a probe")}
	s.flight = f
	s.mu.Unlock()

	defer s.land(f) // after a panic too: nobody may wait forever
	f.verdict = s.probe(s.lifetime())
	return f.verdict
}

func (s *share) land(f *flight) {
	s.mu.Lock()
	s.flight = nil
	if f.verdict.Reason != upgrade.Canceled {
		s.last = f.verdict
	}
	s.mu.Unlock()
	close(f.landed)
}

func (f *flight) wait(ctx context.Context) upgrade.Verdict {
	select {
	case <-f.landed:
		return f.verdict
	case <-ctx.Done():
		return upgrade.NewVerdict(upgrade.Canceled, "the caller hung up")
	}
}
