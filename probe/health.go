package probe

import (
	"context"
	"crypto/tls"
	"net/http"

	"go.uber.org/zap"
)

const (
	maxConnections  = 256 // open at a time
	descriptorShare = 4   // a quarter of all descriptors
)

// Options are the options of Listen; all but Observe and Certificate are required.
type Options struct {
	Address string // host:port, as net.Listen takes it; port 0 is any free one
	Path    string // decoded, begins with "/"
	Probe   Probe  // is called for each GET on Path
	// Observe is called for each request before its answer is written. The Request is used again. Default: none.
	Observe func(*Request)
	// Certificate is asked for at each TLS handshake. Default: plain HTTP.
	Certificate func() (*tls.Certificate, error)
	Log         *zap.Logger
}

// Listen binds the health listener; nothing is answered before Serve. The error is that of net.Listen.
func Listen(o Options) (*Server, error) {
	return NewServer(ServerOptions{
		Address: o.Address, MaxConnections: maxConnections, Share: descriptorShare, Answer: (&health{o.Path, o.Probe}).answer,
		Observe: o.Observe, Certificate: o.Certificate, Log: o.Log,
	})
}

// health answers GET and HEAD on path with the verdict, and nothing else with a 2xx. Paths are not cleaned: that would be a
// redirect, and a gateway may take a redirect for health.
type health struct {
	path  string
	probe Probe
}

func (h *health) answer(r *Request) Answer {
	switch {
	case r.Path != h.path:
		return TextAnswer(http.StatusNotFound, "not found, the health path is "+h.path)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		return MethodNotAllowed()
	}
	// Not a context of the caller's: who hangs up is answered all the same, and counted as what it asked.
	return VerdictAnswer(h.probe(context.Background()))
}
