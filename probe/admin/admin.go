package probe

import (
	"crypto/tls"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"
)

const (
	adminTime  = 10 * time.Second // for a request's header, and for an answer
	adminIdle  = 30 * time.Second // between two requests
	adminCrowd = 32               // connections: people, a scraper, a kubelet
)

// AdminOptions are what the admin listener shows; all but Certificate are required. Nothing here starts a probe.
type AdminOptions struct {
	Address     string         // host:port, as net.Listen takes it; port 0 is any free one
	History     *History       // of the probes
	Callers     *Callers       // of the health listener
	Health      *Server        // the health listener
	Draining    func() bool    // whether this pod is going away
	Connections func() int     // to the server, open now
	Listens     func() Listens // where the server listens, asked for each page
	Sent        string         // the handshake that a probe sends, without secrets
	Target      string         // the server's URL, without secrets
	Path        string         // of the health listener
	Timeout     time.Duration  // of a probe
	Settings    []Setting      // the configuration in effect, without secrets
	Version     string         // of this program
	// Certificate is the health listener's. Default: it speaks plain HTTP.
	Certificate func() (*tls.Certificate, error)
	Log         *zap.Logger
}

// A Setting is a variable of the environment and what it holds, as it may be shown.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// admin answers people and scrapers. A plain handler, like health.
type admin struct{ AdminOptions }

// ListenAdmin binds the admin listener; nothing is answered before Serve. The error is that of net.Listen.
func ListenAdmin(o AdminOptions) (*Server, error) {
	s, err := bind(o.Address, min(adminCrowd, crowdLimit()), o.Log)
	if err != nil {
		return nil, err
	}
	s.http.Handler = &admin{o}
	s.http.ReadHeaderTimeout, s.http.ReadTimeout, s.http.WriteTimeout, s.http.IdleTimeout = adminTime, adminTime, adminTime, adminIdle
	return s, nil
}

// public is what peers get that are not on this machine.
var public = []string{"/metrics", "/livez"}

func (a *admin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	pages := map[string]func(http.ResponseWriter, *http.Request){
		"/": a.servePage, "/status": a.serveStatus, "/metrics": a.serveMetrics, "/livez": a.serveLivez,
	}
	serve := pages[r.URL.Path]
	switch {
	case serve == nil, !isLocal(r.RemoteAddr) && !slices.Contains(public, r.URL.Path):
		answer(w, r, http.StatusNotFound, "not found")
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		answer(w, r, http.StatusMethodNotAllowed, "method not allowed, use GET or HEAD")
	default:
		serve(w, r)
	}
}

func isLocal(remote string) bool {
	peer, err := netip.ParseAddrPort(remote)
	return err == nil && peer.Addr().Unmap().IsLoopback()
}

// serveLivez says that this program runs, whatever the server does.
func (a *admin) serveLivez(w http.ResponseWriter, r *http.Request) { answer(w, r, http.StatusOK, "ok") }

func (a *admin) serveMetrics(w http.ResponseWriter, r *http.Request) {
	open := strings.Contains(r.Header.Get("Accept"), "application/openmetrics-text")
	kind := "text/plain; version=0.0.4; charset=utf-8"
	if open {
		kind = "application/openmetrics-text; version=1.0.0; charset=utf-8"
	}
	write(w, r, kind, a.exposition(open))
}

// write answers 200 with a body of any length.
func write(w http.ResponseWriter, r *http.Request, kind string, body []byte) {
	header := w.Header()
	header.Set("Content-Type", kind)
	header["Cache-Control"] = noStore
	header.Set("X-Content-Type-Options", "nosniff")
	if r.Method != http.MethodHead {
		w.Write(body)
	}
}

// certificateEnds is when the certificate ends that get gives; zero for none.
func certificateEnds(get func() (*tls.Certificate, error)) (end time.Time) {
	if get == nil {
		return end
	}
	if certificate, err := get(); err == nil && certificate.Leaf != nil {
		end = certificate.Leaf.NotAfter
	}
	return end
}
