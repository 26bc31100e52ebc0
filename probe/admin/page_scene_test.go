package admin

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"go.uber.org/zap"

	"wshealthz/internal/doctor"
	"wshealthz/probe"
	"wshealthz/upgrade"
)

// A scene is what a page can show, made without waiting for it.
type scene struct {
	name, title string
	set         func(*staged)
}

// staged is a page's options and what they are made of.
type staged struct {
	Options
	testing.TB
	clock time.Time // of Callers
}

func stage(t testing.TB, s scene) Options {
	t.Helper()
	o := Options{
		Address: "127.0.0.1:0", Target: target(t, "ws://localhost:8888/ws?s3cret"), History: NewHistory(3 * time.Second),
		Gateway:           doctor.NewGateway(":10101", "/health", false, 3*time.Second),
		CallerConnections: func() int { return 2 }, ServerConnections: func() int { return 3 }, Draining: func() bool { return false }, Drain: new(recordedDrain),
		Sockets: socketsOf(doctor.ListeningOutside, 217), Version: "0.6.0", Log: zap.NewNop(),
	}
	o.Target.UserAgent = "wshealthz/0.6.0"
	o.Target.Fields = func() []upgrade.Field { return []upgrade.Field{{Name: "Authorization", Value: "s3cret"}} }
	for _, setting := range []struct{ name, value string }{
		{"TARGET", "ws://localhost:8888/ws?…"}, {"CHECK", "handshake"}, {"TIMEOUT", "3s"}, {"HEADERS", "…"}, {"LISTEN", ":10101"}, {"PATH", "/health"},
		{"MAX_AGE", "1s"}, {"ADMIN_LISTEN", "127.0.0.1:10102"}, {"LOG_LEVEL", "info"}, {"LOG_FORMAT", "json"},
	} {
		o.Settings = append(o.Settings, doctor.Setting{Name: "WSHEALTHZ_" + setting.name, Value: setting.value})
	}
	st := &staged{Options: o, TB: t}
	st.age(2*time.Hour + 11*time.Minute)
	s.set(st)
	return st.Options
}

func socketsOf(l doctor.Listening, sessions int) func() Sockets {
	return func() Sockets { return Sockets{l, &sessions} }
}

// age sets the time since the start.
func (s *staged) age(up time.Duration) {
	s.History.started = time.Now().Add(-up)
	s.clock = s.History.started
	s.Callers = probe.NewCallers(func() time.Time { return s.clock })
}

// probes adds n probes, one every five seconds, the last one a moment ago.
func (s *staged) probes(n int, verdict func(i int) upgrade.Verdict) {
	for i := range n {
		v := verdict(i)
		v.At = time.Now().Add(-time.Duration(n-1-i)*5*time.Second - 1200*time.Millisecond)
		s.History.record(v)
	}
}

// asks adds a caller who was seen some time ago, after those that were added before, and asked every five seconds.
func (s *staged) asks(address, agent, host, path string, requests int, answer int, seen time.Duration) {
	s.clock = time.Now().Add(-seen - time.Duration(requests-1)*5*time.Second)
	for i := range requests {
		if i > 0 {
			s.clock = s.clock.Add(5 * time.Second)
		}
		s.Callers.Observe(&probe.Request{
			Peer: netip.MustParseAddrPort(address + ":40000"), UserAgent: agent, Host: host, Path: path, Status: answer,
			Verdict: answer == 200 || answer == 503,
		})
	}
}

// gateway adds the callers of a correct setup: two instances of Application Gateway, and the kubelet.
func (s *staged) gateway(answer int) {
	s.asks("10.240.0.1", "kube-probe/1.34", "10.244.1.17:10101", "/health", 784, answer, 4*time.Second)
	s.asks("10.225.0.5", "", "ws.contoso.com", "/health", 1571, answer, 2*time.Second)
	s.asks("10.225.0.6", "", "ws.contoso.com", "/health", 1570, answer, 1200*time.Millisecond)
}

// fine returns a healthy probe over loopback.
func fine(i int) upgrade.Verdict {
	v := upgrade.Verdict{Reason: upgrade.OK, Peer: "127.0.0.1:8888"}
	v.Took[upgrade.Dial] = time.Duration(90+i*37%60) * time.Microsecond
	v.Took[upgrade.Upgrade] = time.Duration(210+i*91%400) * time.Microsecond
	if i%29 == 11 {
		v.Took[upgrade.Upgrade] *= 30
	}
	return v
}

// failed returns a probe that failed for a reason, in its phase.
func failed(reason upgrade.Reason, detail, received string) upgrade.Verdict {
	v := upgrade.NewVerdict(reason, detail)
	v.Received, v.Peer = upgrade.Excerpt{Bytes: []byte(received)}, "127.0.0.1:8888"
	for _, phase := range upgrade.Phases() {
		if phase <= reason.Phase() {
			v.Took[phase] = []time.Duration{0, 130 * time.Microsecond, 2400 * time.Microsecond, 900 * time.Microsecond, 3 * time.Second}[phase]
		}
	}
	return v
}

// forbidden returns what a server says that checks Origin.
func forbidden(i int) upgrade.Verdict {
	v := failed(upgrade.BadStatus, `403 Forbidden from ws://localhost:8888/ws?…, want 101; body "Bad Origin: request has none\n"`,
		"HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain; charset=utf-8\r\nSec-Websocket-Version: 13\r\nX-Content-Type-Options: nosniff\r\nContent-Length: 29\r\n\r\nBad Origin: request has none\n")
	v.Took[upgrade.TLS] = 0
	v.Took[upgrade.Upgrade] += time.Duration(i*53%700) * time.Microsecond
	v.Hint = "set WSHEALTHZ_ORIGIN to an origin that the server accepts"
	return v
}

var scenes = []scene{
	{"healthy", "wshealthz: healthy", func(s *staged) { s.probes(200, fine); s.gateway(200) }},
	{"failing", "wshealthz: unhealthy, bad_status", func(s *staged) {
		s.probes(120, func(i int) upgrade.Verdict {
			if i < 87 {
				return fine(i)
			}
			return forbidden(i)
		})
		s.asks("10.225.0.9", "curl/8.14.1", "10.244.1.17:10101", "/healthz", 3, 404, 40*time.Minute)
		s.asks("10.225.0.9", "python-requests/2.32", "10.244.1.17:10101", "/health", 1, 405, 9*time.Minute)
		s.gateway(503)
		s.Sockets = socketsOf(doctor.ListeningLoopback, 0)
	}},
	{"hostile", "wshealthz: unhealthy, not_http", hostileScene},
	{"reasons", "wshealthz: unhealthy, reply_timeout", func(s *staged) {
		s.Target.URL = target(s.TB, "wss://localhost:8443/ws").URL
		s.probes(120, func(i int) upgrade.Verdict {
			reasons := upgrade.Reasons()[3:]
			if i%4 > 1 {
				return fine(i)
			}
			return failed(reasons[(i/2+18)%len(reasons)], "detail", "received")
		})
		s.probes(1, func(int) upgrade.Verdict {
			v := failed(upgrade.ReplyTimeout, "no message from wss://localhost:8443/ws within 3s, want a Pong", "")
			v.CertificateEnds = time.Now().Add(6*24*time.Hour + time.Hour)
			return v
		})
		s.gateway(503)
		pair := &tls.Certificate{Leaf: &x509.Certificate{NotAfter: time.Now().Add(81 * 24 * time.Hour)}}
		s.Certificate = func() (*tls.Certificate, error) { return pair, nil }
	}},
	{"draining", "wshealthz: draining", func(s *staged) {
		s.probes(120, fine)
		s.gateway(503)
		s.Draining, s.Drain = func() bool { return true }, &recordedDrain{begun: true}
	}},
	{"nobody", "wshealthz: no verdict yet", func(s *staged) { s.Sockets = func() Sockets { return Sockets{} } }},
	{"stopped", "wshealthz: healthy 12 min ago", func(s *staged) {
		s.probes(7, fine)
		for i := range s.History.probes {
			s.History.probes[i].At = s.History.probes[i].At.Add(-12 * time.Minute)
		}
		s.asks("10.225.0.5", "", "ws.contoso.com", "/health", 7, 200, 12*time.Minute)
	}},
	{"wrong", "wshealthz: no verdict yet", func(s *staged) { s.asks("10.225.0.5", "", "ws.contoso.com", "/", 66, 404, time.Second) }},
}

// pageOf gets a scene's page from the handler.
func pageOf(t *testing.T, s scene) *httptest.ResponseRecorder {
	t.Helper()
	answer := view(stage(t, s), "GET", "/", local)
	if answer.Code != http.StatusOK {
		t.Fatalf("%s: the page says %d %s", s.name, answer.Code, answer.Body)
	}
	return answer
}
