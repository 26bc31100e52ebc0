package admin

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"net/url"
	"os"
	"sync"

	"wshealthz/internal/doctor"
	"wshealthz/probe"
)

//go:generate go tool qtc -file page.qtpl

//go:embed page.css
var pageCSS string

// pagePolicy allows the page its one style and its icon, and nothing else: no script, no request, no frame around it.
var pagePolicy = sync.OnceValue(func() string {
	hash := sha256.Sum256([]byte(pageCSS))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'; img-src data:; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
})

// A pageView is what page.qtpl shows. Everything in it is text: page.qtpl alone decides what is markup.
type pageView struct {
	Machine string // the pod's name, in Kubernetes
	Version string
	Target  string
	Clock   string // when this was made
	Up      string // how long this program has run
	Held    bool   // the page does not refresh itself

	Verdict  verdictView
	Callers  callersView
	Strip    stripView
	Failure  *failureView
	Server   serverView
	Settings []doctor.Setting
}

// page shows a person what /status tells. With "?hold" the page does not refresh itself.
func (h *handler) page(r *probe.Request) probe.Answer {
	var body bytes.Buffer
	writepageHTML(&body, newPageView(h.snapshot(), isHeld(r)))
	return document("text/html; charset=utf-8", body.Bytes(), "Content-Security-Policy: "+pagePolicy()+"\r\nReferrer-Policy: no-referrer\r\n")
}

// isHeld reports whether a request is for the page that does not refresh itself.
func isHeld(r *probe.Request) bool {
	query, _ := url.ParseQuery(r.Query)
	return query.Has("hold")
}

func newPageView(s *snapshot, held bool) pageView {
	machine, _ := os.Hostname()
	v := pageView{
		Machine: escapeConfig(machine), Version: escapeConfig(s.Version), Target: escapeConfig(s.Target.String()),
		Clock: clock(s.now), Up: span(s.now.Sub(s.started)), Held: held,
		Verdict: newVerdictView(s), Callers: newCallersView(s), Strip: newStripView(s.history),
		Failure: newFailureView(s), Server: newServerView(s),
	}
	for _, setting := range s.settings {
		v.Settings = append(v.Settings, doctor.Setting{Name: setting.Name, Value: escapeConfig(setting.Value)})
	}
	return v
}
