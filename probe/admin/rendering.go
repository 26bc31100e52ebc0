package admin

import (
	"sync"
	"time"

	"wshealthz/probe"
)

// What renderings may cost. Measured with BenchmarkRenderings on one core, with 128 callers, 120 probes and the longest
// texts: 6 ms for the page, 4 ms for /status, 0.2 ms for /metrics; 2.4, 0.5 and 0.2 ms for an ordinary pod. Sockets, which is
// called for each, bounds itself what it costs. So a flood of requests for all three makes renderings of about 0.1 s each second
// at most, and a path that costs more than 10 ms is made less often.
const (
	renderingInterval = 100 * time.Millisecond // between two of a path, in the mean
	renderingShare    = 10                     // the same, in times of what the last one took
	renderingCredit   = 3 * time.Second        // of intervals that may be used at once, for a burst of requests
	renderingMaxAge   = time.Second            // beyond it nothing is given again, whatever that costs
)

// A rendering is an answer to one path, made once and given to any number of callers.
type rendering struct {
	probe.Answer
	began    time.Time
	draining bool
}

// A renderer bounds what one path costs. Each request gets a rendering of its own, and so all that happened before it; only
// while more come than that may cost, the last one is given again, for as long as the next one is not due: a tenth of a
// second as a rule. A rendering from before a drain is not given after it began: an operator who watches a drain must see it. A
// newer verdict is no such reason, because a server in turns healthy and not would bring one with each probe.
type renderer struct {
	render   func(*probe.Request) probe.Answer
	draining func() bool

	one  *sync.Mutex         // of all paths: one rendering is made at a time
	last map[bool]*rendering // by whether the page is held
	paid time.Time           // when the renderings so far are paid for
}

func (p *renderer) answer(r *probe.Request) probe.Answer {
	asked, held := time.Now(), r.Path == "/" && isHeld(r)
	p.one.Lock()
	defer p.one.Unlock()
	if last := p.last[held]; last != nil && last.draining == p.draining() && p.reusable(last, asked) {
		return last.Answer
	}
	made := &rendering{began: time.Now(), draining: p.draining()}
	made.Answer = p.render(r)
	p.pay(made.began)
	p.last[held] = made
	return made.Answer
}

// pay counts a rendering that ends now. p.one is held.
func (p *renderer) pay(began time.Time) {
	now := time.Now()
	if p.paid.Before(began) {
		p.paid = began
	}
	p.paid = p.paid.Add(max(renderingInterval, renderingShare*now.Sub(began)))
	if end := now.Add(renderingCredit + renderingMaxAge); p.paid.After(end) {
		p.paid = end // when a flood has ended, nobody waits for what it cost
	}
}

// reusable reports whether a rendering may be given to a caller who asked at a time: it was made since then, while others
// were served, or it is young and no other is due.
func (p *renderer) reusable(last *rendering, asked time.Time) bool {
	now := time.Now()
	return last.began.After(asked) || now.Sub(last.began) < renderingMaxAge && p.paid.Sub(now) > renderingCredit
}
