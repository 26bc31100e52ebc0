package probe

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/netip"

	"go.uber.org/zap"
)

const (
	maxConnections  = 256 // open at a time
	descriptorShare = 4   // a quarter of all descriptors
	maxWaiters      = 64  // for a drain
	waiterShare     = 4   // a quarter of all connections
)

// DrainPath is where a preStop hook waits for a drain.
const DrainPath = "/drain"

// Options are the options of Listen; all but Observe and Certificate are required.
type Options struct {
	Address string // host:port, as net.Listen takes it; port 0 is any free one
	Path    string // decoded, begins with "/"
	Probe   Probe  // is called for each GET on Path
	// Observe is called for each request before its answer is written. The Request is used again. Default: none.
	Observe func(*Request)
	// Wait is Drain.Wait, for requests on DrainPath. Default: that is not found.
	Wait func(hungUp func() bool) (outcome string, done bool)
	// Certificate is asked for at each TLS handshake. Default: plain HTTP.
	Certificate func() (*tls.Certificate, error)
	Log         *zap.Logger
}

// Listen binds the health listener; nothing is answered before Serve. The error is that of net.Listen.
func Listen(o Options) (*Server, error) {
	h := &health{path: o.Path, probe: o.Probe, wait: o.Wait}
	server, err := NewServer(ServerOptions{
		Address: o.Address, MaxConnections: maxConnections, Share: descriptorShare, Answer: h.answer,
		Observe: o.Observe, Certificate: o.Certificate, Log: o.Log,
	})
	if err == nil {
		h.waiters = NewWaiters(min(maxWaiters, max(1, server.conns.limit/waiterShare)))
	}
	return server, err
}

// health answers GET and HEAD on path with the verdict, and nothing else with a 2xx but those who wait for a drain. Paths are
// not cleaned: that would be a redirect, and a gateway may take a redirect for health.
type health struct {
	path    string
	probe   Probe
	wait    func(hungUp func() bool) (outcome string, done bool) // nil: nobody may
	waiters *Waiters
}

func (h *health) answer(r *Request) Answer {
	drains := h.wait != nil && r.Path == DrainPath
	switch {
	case r.Path != h.path && !drains:
		return TextAnswer(http.StatusNotFound, "not found, the health path is "+h.path)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		return MethodNotAllowed(http.MethodGet, http.MethodHead)
	case drains:
		return h.drained(r)
	}
	r.Verdict = true
	// Not a context of the caller's: who hangs up is answered all the same, and counted as what it asked.
	return VerdictAnswer(h.probe(context.Background()))
}

// drained answers when a drain has waited for all that it waits for. It changes nothing, and so it needs no secret.
func (h *health) drained(r *Request) Answer {
	address := netip.AddrPortFrom(r.Peer.Addr().Unmap(), 0)
	if !h.waiters.Enter(address) {
		return TextAnswer(http.StatusServiceUnavailable, "too many wait for the drain: one from each address may, and 64 in all")
	}
	defer h.waiters.Leave(address)
	return WaitAnswer(r, h.wait)
}
