package probe

import (
	"context"

	"wshealthz/upgrade"
)

// A Drain says that the pod is going away. Use NewDrain.
type Drain struct {
	ctx    context.Context
	cancel context.CancelFunc
}

// NewDrain is a drain that has not begun.
func NewDrain() *Drain {
	ctx, cancel := context.WithCancel(context.Background())
	return &Drain{ctx, cancel}
}

// Begin begins to drain, for good: from now on every verdict is Draining, and so is that of everybody who waits.
func (d *Drain) Begin() { d.cancel() }

// Draining says whether that has begun.
func (d *Drain) Draining() bool { return d.ctx.Err() != nil }

// Lifetime is the context of shared probes: a drain ends those that are under way.
func (d *Drain) Lifetime() context.Context { return d.ctx }

// Over is probe while nothing drains, and Draining at once and without a probe from then on. It is judged last,
// too: whatever was under way, nobody is told that all is well once the drain has begun.
func (d *Drain) Over(probe Probe) Probe {
	return func(ctx context.Context) upgrade.Verdict {
		if d.ctx.Err() == nil {
			if verdict := probe(ctx); d.ctx.Err() == nil {
				return verdict
			}
		}
		return upgrade.Refuse(upgrade.Draining, "this pod is going away")
	}
}
