package probe

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"wshealthz/upgrade"
)

// DrainOptions are the options of NewDrain; all are required.
type DrainOptions struct {
	Callers *Callers      // of the health listener, among them the gateway
	Answers int           // 503s that each of them must have had before it knows
	Timeout time.Duration // for that
	// Sessions bounds the time after that in which users may stay connected to the server. 0: they are not waited for.
	Sessions time.Duration
	Server   func() ServerView
	Log      *zap.Logger
}

// A ServerView is what can be seen of the server without asking it.
type ServerView struct {
	Known     bool // whether the following is known: the server may be on another machine
	Listening bool // on its port
	Connected int  // connections of users that are open
}

// seen reports whether there is anything of a server. Where there is nothing, its port may be redirected to another.
func (v ServerView) seen() bool { return v.Listening || v.Connected > 0 }

// A Drain tells that the pod is going away, and when everybody has noticed. Use NewDrain.
type Drain struct {
	DrainOptions
	phase atomic.Pointer[drainPhase] // the present one

	mu    sync.Mutex // guards the beginning and the end of a phase
	final bool       // nothing ends the drain any more
}

// A drainPhase is the time from one end of a drain to the next: at first the pod serves, then it drains.
type drainPhase struct {
	ctx    context.Context // canceled when the drain begins: the lifetime of shared probes
	cancel context.CancelFunc

	by    string    // what began the drain, set before ctx is canceled
	began time.Time // the same

	server ServerView // when the drain began

	gateway string        // what came of waiting for it, "" until then
	over    chan struct{} // closed when nothing is waited for any more
	outcome string        // set before over is closed
	cut     bool          // whether the wait was cut short, the same
}

func newDrainPhase() *drainPhase {
	p := &drainPhase{over: make(chan struct{})}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	return p
}

func (p *drainPhase) draining() bool { return p.ctx.Err() != nil }

// begin begins the drain.
func (p *drainPhase) begin(by string, now time.Time) {
	p.by, p.began = by, now
	p.cancel()
}

// NewDrain returns a drain that has not begun.
func NewDrain(o DrainOptions) *Drain {
	d := &Drain{DrainOptions: o}
	d.phase.Store(newDrainPhase())
	return d
}

// Begin begins to drain: from now on every verdict is Draining, also for callers who are waiting. by says what began it. It
// does nothing during a drain.
func (d *Drain) Begin(by string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := d.phase.Load()
	if p.draining() {
		return
	}
	p.begin(by, d.Callers.now())
	p.server = d.Server()
	if !p.server.seen() {
		p.server.Known = false
	}
	counted, _ := d.Callers.unaware(d.Answers)
	d.Log.Info("draining", append(p.server.fields(), zap.String("by", by), zap.Int("gateways", counted))...)
	go d.watch(p)
}

// Terminate drains for good, and ends the wait of everybody who waits: the process is about to end. by says why.
func (d *Drain) Terminate(by string) {
	d.mu.Lock()
	d.final = true
	p := d.phase.Load()
	begun := p.draining()
	if !begun {
		p.begin(by, d.Callers.now())
	}
	d.mu.Unlock()
	d.finish(p, "not waited for: "+by, true, begun)
}

// finish ends the wait of everybody who waits for the drain of a phase, unless that has ended already. cut says that it is cut
// short. If log is set, it logs what came of the wait, with fields, before anybody is told.
func (d *Drain) finish(p *drainPhase, outcome string, cut, log bool, fields ...zap.Field) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if p.outcome != "" {
		return
	}
	p.outcome, p.cut = outcome, cut
	if log {
		d.Log.Info("drained", append(fields, zap.String("outcome", outcome))...)
	}
	close(p.over)
}

// ErrFinal says that nothing ends a drain any more.
var ErrFinal = errors.New("the process is ending, and drains for good")

// End ends what Begin began: the pod serves again. It does nothing when there is no drain. The error is ErrFinal.
func (d *Drain) End(by string) error {
	d.mu.Lock()
	p := d.phase.Load()
	final, draining := d.final, p.draining()
	if !final && draining {
		d.phase.Store(newDrainPhase())
	}
	d.mu.Unlock()
	switch {
	case final:
		return ErrFinal
	case draining:
		d.Log.Info("not draining any more", zap.String("by", by))
		d.finish(p, "not draining: ended by "+by, false, false)
	}
	return nil
}

// Draining reports whether there is a drain.
func (d *Drain) Draining() bool { return d.phase.Load().draining() }

// Lifetime returns the context of shared probes: a drain ends those that are under way.
func (d *Drain) Lifetime() context.Context { return d.phase.Load().ctx }

// Override wraps probe: during a drain the verdict is Draining, at once and without a probe. That is judged last too:
// whatever was under way, nobody gets another verdict after the drain has begun.
func (d *Drain) Override(probe Probe) Probe {
	return func(ctx context.Context) upgrade.Verdict {
		verdict := d.override(ctx, probe)
		if verdict.Reason == upgrade.Canceled && ctx.Err() == nil {
			// Not this caller's cancel: it came to share a probe that an earlier drain had ended.
			verdict = d.override(ctx, probe)
		}
		return verdict
	}
}

func (d *Drain) override(ctx context.Context, probe Probe) upgrade.Verdict {
	phase := d.phase.Load()
	if !phase.draining() {
		if verdict := probe(ctx); !phase.draining() {
			return verdict
		}
	}
	return DrainingVerdict()
}

// DrainingVerdict returns the verdict of a pod that is going away.
func DrainingVerdict() upgrade.Verdict {
	return upgrade.NewVerdict(upgrade.Draining, "this pod is going away")
}
