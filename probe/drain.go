package probe

import (
	"context"

	"wshealthz/upgrade"
)

// A Drain tells that the pod is going away. Use NewDrain.
type Drain struct {
	ctx    context.Context
	cancel context.CancelFunc
}

// NewDrain returns a drain that has not begun.
func NewDrain() *Drain {
	ctx, cancel := context.WithCancel(context.Background())
	return &Drain{ctx, cancel}
}

// Begin begins to drain, for good: from now on every verdict is Draining, also for callers who are waiting.
func (d *Drain) Begin() { d.cancel() }

// Draining reports whether the drain has begun.
func (d *Drain) Draining() bool { return d.ctx.Err() != nil }

// Lifetime returns the context of shared probes: a drain ends those that are under way.
func (d *Drain) Lifetime() context.Context { return d.ctx }

// Override wraps probe: once the drain has begun, the verdict is Draining, at once and without a probe. That is judged last
// too: whatever was under way, nobody gets another verdict after the drain has begun.
func (d *Drain) Override(probe Probe) Probe {
	return func(ctx context.Context) upgrade.Verdict {
		if d.ctx.Err() == nil {
			if verdict := probe(ctx); d.ctx.Err() == nil {
				return verdict
			}
		}
		return DrainingVerdict()
	}
}

// DrainingVerdict returns the verdict of a pod that is going away.
func DrainingVerdict() upgrade.Verdict {
	return upgrade.NewVerdict(upgrade.Draining, "this pod is going away")
}
