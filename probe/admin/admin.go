// Package admin is what people and Prometheus see of a health listener: who calls it, what the last probes found, metrics,
// status and a page. Nothing here starts a probe.
package admin

import (
	"crypto/tls"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"go.uber.org/zap"

	"wshealthz/internal/doctor"
	"wshealthz/probe"
	"wshealthz/upgrade"
)

const (
	answerTimeout  = 10 * time.Second // for a request's header, and for an answer
	idleTimeout    = 30 * time.Second // between two requests
	maxConnections = 32               // people, a scraper, a kubelet
)

// Options are what the admin listener shows; all but Certificate are required.
type Options struct {
	Address           string          // host:port, as net.Listen takes it; port 0 is any free one
	Target            *upgrade.Target // the server
	Gateway           doctor.Gateway  // how a gateway probes the health listener
	History           *History        // of the probes
	Callers           *Callers        // of the health listener
	Draining          func() bool     // whether this pod is going away
	CallerConnections func() int      // to the health listener, open now
	ServerConnections func() int      // to the server, open now
	Listening         func() doctor.Listening
	Settings          []doctor.Setting // the configuration in effect, without secrets
	Version           string           // of this program
	// Certificate is the health listener's. Default: it serves plain HTTP.
	Certificate func() (*tls.Certificate, error)
	Log         *zap.Logger
}

// handler answers people and scrapers. It is a plain handler, like that of the health listener.
type handler struct {
	Options
	sent string // the handshake, without secrets
}

func newHandler(o Options) *handler { return &handler{o, o.Target.Handshake(false)} }

// Listen binds the admin listener; nothing is answered before Serve. The error is that of net.Listen.
func Listen(o Options) (*probe.Server, error) {
	return probe.NewServer(probe.ServerOptions{
		Address: o.Address, MaxConnections: maxConnections, Handler: newHandler(o),
		HeaderTimeout: answerTimeout, WriteTimeout: answerTimeout, IdleTimeout: idleTimeout, Log: o.Log,
	})
}

// public are the paths for peers that are not on this machine.
var public = []string{"/metrics", "/livez"}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	paths := map[string]func(http.ResponseWriter, *http.Request){
		"/": h.servePage, "/status": h.serveStatus, "/metrics": h.serveMetrics, "/livez": h.serveLivez,
	}
	serve := paths[r.URL.Path]
	switch {
	case serve == nil, !isLoopback(r.RemoteAddr) && !slices.Contains(public, r.URL.Path):
		probe.WriteLine(w, r, http.StatusNotFound, "not found")
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		status, line := probe.MethodNotAllowed(w)
		probe.WriteLine(w, r, status, line)
	default:
		serve(w, r)
	}
}

func isLoopback(peer string) bool {
	address, err := netip.ParseAddrPort(peer)
	return err == nil && address.Addr().Unmap().IsLoopback()
}

// serveLivez answers that this program runs, whatever the server does.
func (h *handler) serveLivez(w http.ResponseWriter, r *http.Request) {
	probe.WriteLine(w, r, http.StatusOK, "ok")
}

// write answers 200 with a body of any length.
func write(w http.ResponseWriter, r *http.Request, contentType string, body []byte) {
	header := w.Header()
	header.Set("Content-Type", contentType)
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	if r.Method != http.MethodHead {
		w.Write(body)
	}
}
