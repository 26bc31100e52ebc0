// Package admin is what people and Prometheus see of a health listener: who calls it, what the last probes found, metrics,
// status and a page. Nothing here starts a probe.
package admin

import (
	"crypto/tls"
	"net/http"
	"runtime"
	"slices"
	"sync"

	"go.uber.org/zap"

	"wshealthz/internal/doctor"
	"wshealthz/probe"
	"wshealthz/upgrade"
)

const (
	maxConnections  = 32 // open at a time: people, a scraper, a kubelet
	descriptorShare = 16 // a sixteenth of all descriptors
)

// Options are what the admin listener shows; all but Commit and Certificate are required.
type Options struct {
	Address           string           // host:port, as net.Listen takes it; port 0 is any free one
	Target            *upgrade.Target  // the server
	Gateway           doctor.Gateway   // how a gateway probes the health listener
	History           *History         // of the probes
	Callers           *probe.Callers   // of the health listener
	Draining          func() bool      // whether this pod is going away
	Drain             Drain            // of the health listener
	CallerConnections func() int       // to the health listener, open now
	ServerConnections func() int       // to the server, open now
	Sockets           func() Sockets   // of the server; called once for each answer, it bounds what it costs
	Settings          []doctor.Setting // the configuration in effect, without secrets
	Version           string           // of this program
	Commit            string           // that it was built from; "": not known
	// Certificate is the health listener's. Default: it serves plain HTTP.
	Certificate func() (*tls.Certificate, error)
	Log         *zap.Logger
}

// Sockets are what the kernel shows of the server.
type Sockets struct {
	Listening doctor.Listening
	Sessions  *int // connections of users that are established; nil: not known, as no server is seen here
}

// handler answers people and scrapers.
type handler struct {
	Options
	sent    string // the handshake, without secrets
	waiters *probe.Waiters
	paths   map[string]func(*probe.Request) probe.Answer
}

func newHandler(o Options) *handler {
	h := &handler{Options: o, sent: o.Target.Handshake(false), waiters: probe.NewWaiters(maxWaiters)}
	one := new(sync.Mutex)
	bounded := func(render func(*probe.Request) probe.Answer) func(*probe.Request) probe.Answer {
		return (&renderer{render: render, draining: o.Draining, one: one, last: map[bool]*rendering{}}).answer
	}
	h.paths = map[string]func(*probe.Request) probe.Answer{
		"/": bounded(h.page), "/status": bounded(h.status), "/metrics": bounded(h.metricsText), "/livez": livez, probe.DrainPath: h.drain,
	}
	return h
}

// Listen binds the admin listener; nothing is answered before Serve. The error is that of net.Listen.
func Listen(o Options) (*probe.Server, error) {
	return probe.NewServer(probe.ServerOptions{
		Address: o.Address, MaxConnections: maxConnections, Share: descriptorShare, Answer: newHandler(o).answer, Log: o.Log,
	})
}

// public are the paths for peers that are not on this machine.
var public = []string{"/metrics", "/livez"}

func (h *handler) answer(r *probe.Request) probe.Answer {
	// A caller who sends many requests at once would keep the only processor from the health listener.
	runtime.Gosched()
	answer, private := h.paths[r.Path], !slices.Contains(public, r.Path)
	switch {
	case answer == nil, private && !r.Peer.Addr().Unmap().IsLoopback():
		return probe.TextAnswer(http.StatusNotFound, "not found")
	case private && !isLoopbackHost(r.Host):
		return probe.TextAnswer(http.StatusForbidden, notLoopbackHost)
	case r.Path != probe.DrainPath && r.Method != http.MethodGet && r.Method != http.MethodHead:
		return probe.MethodNotAllowed(http.MethodGet, http.MethodHead)
	}
	return answer(r)
}

// livez answers that this program runs, whatever the server does.
func livez(*probe.Request) probe.Answer { return probe.TextAnswer(http.StatusOK, "ok") }

// document returns an answer of any length, with more fields where it has some, each with its CRLF.
func document(contentType string, body []byte, fields string) probe.Answer {
	return probe.Answer{
		Status: http.StatusOK, Fields: "Content-Type: " + contentType + "\r\nX-Content-Type-Options: nosniff\r\n" + fields, Body: body,
	}
}
