package admin

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"wshealthz/internal/doctor"
	"wshealthz/probe"
	"wshealthz/upgrade"
)

// A snapshot is what is known at one moment. Page and status are made from it.
type snapshot struct {
	now, started  time.Time
	doctor.Report // its verdict is the last one, Draining during a drain, and has a zero At before the first
	draining      bool
	drain         probe.DrainStatus // while draining
	history       []upgrade.Verdict // the oldest first
	refusal       *upgrade.Message  // of the last probe, which changed no verdict; nil: none
	failure       upgrade.Verdict   // the last one that was not healthy; zero At: none
	sent          string            // the handshake
	commit        string            // of this program; "": not known

	callers           []probe.Caller // the most recent first
	lastCaller        time.Time      // zero: nobody has asked
	callerConnections int
	serverConnections int
	sessions          *int // of users; nil: not known

	serverCertificate, healthCertificate doctor.Certificate // zero Ends: none
	settings                             []doctor.Setting
}

func (h *handler) snapshot() *snapshot {
	last, sockets := h.History.last(), h.Sockets()
	s := &snapshot{
		now: time.Now(), started: h.History.started, Report: *doctor.NewReport(h.Target, h.Gateway, h.Version), draining: h.Draining(),
		history: h.History.list(), failure: h.History.lastFailure(), sent: h.sent, commit: h.Commit,
		callers: h.Callers.List(), lastCaller: h.Callers.LastRequest(),
		callerConnections: h.CallerConnections(), serverConnections: h.ServerConnections(), sessions: sockets.Sessions,
		serverCertificate: doctor.Certificate{Owner: "the server's", Ends: last.CertificateEnds},
		healthCertificate: doctor.Certificate{Owner: "the health listener's", Ends: h.certificateEnds()},
		settings:          h.Settings,
	}
	s.Listening, s.Verdict, s.refusal = sockets.Listening, last, h.History.lastRefusal()
	s.Gateway.Host, s.Gateway.Sender = sentHost(s.callers, s.now)
	if s.draining {
		s.Verdict = probe.DrainingVerdict()
		s.drain, _ = h.Drain.Status()
	}
	return s
}

// certificateEnds returns when the health listener's certificate ends; zero for none.
func (h *handler) certificateEnds() (end time.Time) {
	if h.Certificate == nil {
		return end
	}
	if certificate, err := h.Certificate(); err == nil && certificate.Leaf != nil {
		end = certificate.Leaf.NotAfter
	}
	return end
}

// sentHost returns the host name that a caller sends already, as a gateway does, and that caller's address; "" when none
// does. Of several it is the one that would be forgotten last: who asks for an hour is more likely the gateway than who
// asked once. It may be a stranger's all the same, so it is never shown without the address.
func sentHost(callers []probe.Caller, now time.Time) (host, sender string) {
	var best *probe.Caller
	for i := range callers {
		c := &callers[i]
		if !c.GotVerdict() || c.IsKubelet() || hostName(c.Host) == "" || best != nil && !best.Worth(now).Less(c.Worth(now)) {
			continue
		}
		best = c
	}
	if best == nil {
		return "", ""
	}
	return hostName(best.Host), best.Address.String()
}

// hostName returns the DNS name in a Host; "" for an address, localhost, and what can be none: a caller may send anything.
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if _, err := netip.ParseAddr(host); err == nil || host == "localhost" || len(host) >= maxText || !isDNSName(host) {
		return ""
	}
	return host
}

// isDNSName reports whether a host can be a DNS name.
func isDNSName(host string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789-."
	return !slices.ContainsFunc([]byte(host), func(c byte) bool { return strings.IndexByte(letters, c) < 0 })
}
