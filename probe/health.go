package probe

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"time"

	"go.uber.org/zap"

	"wshealthz/upgrade"
)

const (
	maxConnections = 256               // open at a time, and so a bound on memory and descriptors
	headerTimeout  = 10 * time.Second  // for a request's header, and TLS before it
	idleTimeout    = 120 * time.Second // between two requests
	writeMargin    = 5 * time.Second   // beyond the probe's own budget
)

// Options are the options of Listen; all but Observe and Certificate are required.
type Options struct {
	Address string        // host:port, as net.Listen takes it; port 0 is any free one
	Path    string        // decoded, begins with "/"
	Probe   Probe         // is called for each GET on Path
	Timeout time.Duration // of a probe: an answer is written within 5 s more
	// Observe is called for each request, when its status is known. Default: none.
	Observe func(Request)
	// Certificate is asked for at each TLS handshake. Default: plain HTTP.
	Certificate func() (*tls.Certificate, error)
	Log         *zap.Logger
}

// A Request is what the health listener was asked, and what it answered. Its strings are the caller's, of any length up to
// the header's, and may be parts of a larger one.
type Request struct {
	Peer      netip.AddrPort // invalid when the connection has none
	UserAgent string
	Host      string
	Path      string // decoded
	Status    int    // of the answer
}

// Listen binds the health listener; nothing is answered before Serve. The error is that of net.Listen.
func Listen(o Options) (*Server, error) {
	return NewServer(ServerOptions{
		Address: o.Address, MaxConnections: maxConnections, Handler: &health{o.Path, o.Probe, o.Observe},
		HeaderTimeout: headerTimeout, WriteTimeout: o.Timeout + writeMargin, IdleTimeout: idleTimeout,
		Certificate: o.Certificate, Log: o.Log,
	})
}

// health answers GET and HEAD on path with the verdict, and nothing else with a 2xx. It is a plain handler: ServeMux
// redirects //health and /./health, and a gateway may take a redirect for health.
type health struct {
	path    string
	probe   Probe
	observe func(Request)
}

func (h *health) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// A caller who sends many requests at once would keep the only processor for ten milliseconds per turn.
	runtime.Gosched()
	status, line := http.StatusNotFound, "not found, the health path is "+h.path
	switch {
	case r.URL.Path != h.path:
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		status, line = MethodNotAllowed(w)
	default:
		status, line = Answer(h.verdict(r.Context()))
	}
	if h.observe != nil {
		peer, _ := netip.ParseAddrPort(r.RemoteAddr)
		h.observe(Request{Peer: peer, UserAgent: r.UserAgent(), Host: r.Host, Path: r.URL.Path, Status: status})
	}
	WriteLine(w, r, status, line)
}

// verdict probes while the caller's connection counts as busy.
func (h *health) verdict(ctx context.Context) (verdict upgrade.Verdict) {
	conn, _ := ctx.Value(connKey{}).(net.Conn)
	c, ok := withoutTLS(conn).(*limitConn)
	if !ok {
		return h.probe(ctx)
	}
	c.whileBusy(func() { verdict = h.probe(ctx) })
	return verdict
}

// Answer returns the status and the line for a verdict: 200 and "ok", or 503 and the reason.
func Answer(v upgrade.Verdict) (status int, line string) {
	if v.Healthy() {
		return http.StatusOK, v.String()
	}
	return http.StatusServiceUnavailable, v.String()
}
