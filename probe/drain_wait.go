package probe

import (
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// beginTimeout is how long somebody who waits for a drain waits for it to begin. The kubelet runs all preStop hooks of a pod at
// once, so one that waits may come before the one that begins the drain; and it runs the hook of a container that it
// restarts, and then there is no drain.
const beginTimeout = 5 * time.Second

const hungUpInterval = time.Second

// Wait returns what a drain has waited for, in a line, when that is over: when the gateway knows and the users have left, or
// the time for that is up. When no drain begins within 5 s it is "not draining". done is false when the wait was cut short: by
// Terminate, or because who waits hung up, which it asks hungUp each second, so that another may take the place.
func (d *Drain) Wait(hungUp func() bool) (outcome string, done bool) {
	p := d.phase.Load()
	begins := time.NewTimer(beginTimeout)
	defer begins.Stop()
	look := time.NewTicker(hungUpInterval)
	defer look.Stop()
	for {
		select {
		case <-p.over:
			return p.outcome, !p.cut
		case <-begins.C:
			if !p.draining() {
				return "not draining", true
			}
		case <-look.C:
			if hungUp() {
				return "not waited for: the caller hung up", false
			}
		}
	}
}

// WaitAnswer returns the answer to a request that waits for a drain: 200 when everything was waited for, else 503.
func WaitAnswer(r *Request, wait func(hungUp func() bool) (outcome string, done bool)) Answer {
	outcome, done := wait(r.HungUp)
	if !done {
		return TextAnswer(http.StatusServiceUnavailable, outcome)
	}
	return TextAnswer(http.StatusOK, outcome)
}

// Waiters bounds who waits for a drain. Use NewWaiters.
type Waiters struct {
	most int

	mu      sync.Mutex
	waiting map[netip.AddrPort]struct{}
}

// NewWaiters returns the bound of most waiters at a time.
func NewWaiters(most int) *Waiters {
	return &Waiters{most: most, waiting: map[netip.AddrPort]struct{}{}}
}

// Enter reports whether one more may wait, until Leave. Of each peer one may wait.
func (w *Waiters) Enter(peer netip.AddrPort) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, waits := w.waiting[peer]; waits || len(w.waiting) >= w.most {
		return false
	}
	w.waiting[peer] = struct{}{}
	return true
}

// Leave ends the wait of a peer.
func (w *Waiters) Leave(peer netip.AddrPort) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.waiting, peer)
}
