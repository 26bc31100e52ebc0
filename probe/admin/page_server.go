package admin

import (
	"strings"
	"time"

	"wshealthz/internal/doctor"
)

// A serverView is what surrounds the verdict: addresses, connections, certificates, annotations.
type serverView struct {
	Listening         doctor.Listening
	Advice            []string // about where it listens
	CallerConnections int
	ServerConnections int
	Sessions          *int // nil: not known
	Draining          bool
	Certificates      []certificateView
	Annotations       string // YAML
	HostUnknown       bool   // the host in it stands for the Ingress's own
}

type certificateView struct {
	Owner, Ends, Left string
	Soon              bool
}

func newServerView(s *snapshot) serverView {
	v := serverView{
		Listening: s.Listening, Advice: s.Listening.Advice(), CallerConnections: s.callerConnections, ServerConnections: s.serverConnections, Sessions: s.sessions,
		Draining: s.draining, HostUnknown: s.Gateway.Host == "",
		Annotations: "annotations:\n  " + strings.Join(doctor.YAML(s.Gateway.Annotations()), "\n  ") + "\n",
	}
	for _, c := range []doctor.Certificate{s.serverCertificate, s.healthCertificate} {
		if !c.Ends.IsZero() {
			v.Certificates = append(v.Certificates, newCertificateView(c, s.now))
		}
	}
	return v
}

func newCertificateView(c doctor.Certificate, now time.Time) certificateView {
	left := c.Left(now)
	v := certificateView{Owner: c.Owner, Ends: c.Ends.UTC().Format("2006-01-02 15:04 UTC"), Left: plural(c.Days(now), "day") + " left", Soon: c.Soon(now)}
	switch {
	case left < 0:
		v.Left = "ended " + ago(now, c.Ends)
	case left < 24*time.Hour:
		v.Left = span(left) + " left"
	}
	return v
}
