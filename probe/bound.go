package probe

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"go.uber.org/zap"

	"wshealthz/upgrade"
)

const (
	boundMargin  = time.Second            // for a verdict, beyond the budget
	cancelMargin = 250 * time.Millisecond // for a verdict, after the context is canceled
	maxStuck     = 4                      // probes that were given up and have not ended
)

// Bound wraps probe so that its verdict comes within budget, or a second later, whatever a step does. A probe that has not
// ended by then is given up: the verdict is Internal, or Canceled after a cancel, and what the probe returns later is
// dropped. While four of those have not ended, the verdict is Internal at once, without a probe. A panic is Internal too,
// and log gets its stack.
func Bound(probe Probe, budget time.Duration, log *zap.Logger) Probe {
	b := &bound{probe: probe, budget: budget, log: log}
	return b.verdict
}

type bound struct {
	probe  Probe
	budget time.Duration
	log    *zap.Logger

	mu    sync.Mutex
	stuck int
	idle  *attempt // to be used again, nil: none
}

// An attempt is one probe, in a goroutine of its own.
type attempt struct {
	verdict upgrade.Verdict
	ended   chan struct{} // gets a value when verdict is set, unless givenUp
	timer   *time.Timer
	givenUp bool // guarded by bound.mu
}

func (b *bound) verdict(ctx context.Context) upgrade.Verdict {
	a := b.attempt()
	if a == nil {
		return b.late()
	}
	go b.run(ctx, a)
	margin := boundMargin
	select {
	case <-a.ended:
		return b.recycle(a)
	case <-a.timer.C:
	case <-ctx.Done():
		margin = cancelMargin
	}
	// The margin has a timer of its own: a pause of the process may use up the whole budget, and then more.
	a.timer.Reset(margin)
	select {
	case <-a.ended:
		return b.recycle(a)
	case <-a.timer.C:
	}
	return b.giveUp(ctx, a)
}

// attempt returns an attempt whose budget runs, nil when too many are stuck.
func (b *bound) attempt() *attempt {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stuck >= maxStuck {
		return nil
	}
	a := b.idle
	if a == nil {
		return &attempt{ended: make(chan struct{}, 1), timer: time.NewTimer(b.budget)}
	}
	b.idle = nil
	a.timer.Reset(b.budget)
	return a
}

// run probes, and returns when the probe has ended, however long that takes.
func (b *bound) run(ctx context.Context, a *attempt) {
	defer b.ended(a)
	a.verdict = b.probe(ctx)
}

func (b *bound) ended(a *attempt) {
	if r := recover(); r != nil {
		b.panicked(a, r)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if a.givenUp {
		b.stuck--
		return
	}
	a.ended <- struct{}{}
}

func (b *bound) panicked(a *attempt, r any) {
	b.log.Error("panic in a probe", zap.String("panic", fmt.Sprint(r)), zap.ByteString("stack", debug.Stack()))
	a.verdict = upgrade.NewVerdict(upgrade.Internal, fmt.Sprintf("panic in a probe: %v", r))
}

// recycle returns the verdict of an attempt that has ended, and keeps the attempt for the next probe.
func (b *bound) recycle(a *attempt) upgrade.Verdict {
	a.timer.Stop()
	verdict := a.verdict
	a.verdict = upgrade.Verdict{} // what it received may be large
	b.mu.Lock()
	defer b.mu.Unlock()
	b.idle = a
	return verdict
}

// giveUp leaves an attempt to its goroutine.
func (b *bound) giveUp(ctx context.Context, a *attempt) upgrade.Verdict {
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case <-a.ended: // in this moment
		return a.verdict
	default:
	}
	a.givenUp = true
	b.stuck++
	if ctx.Err() != nil {
		return upgrade.NewVerdict(upgrade.Canceled, "interrupted")
	}
	return b.late()
}

func (b *bound) late() upgrade.Verdict {
	return upgrade.NewVerdict(upgrade.Internal, fmt.Sprintf("the probe did not end within its budget of %s", b.budget))
}
