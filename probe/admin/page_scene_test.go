package probe

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"go.uber.org/zap"

	"wshealthz/upgrade"
)

// A scene is what a page can show, made without waiting for it.
type scene struct {
	name, title string
	set         func(*staged)
}

// staged is a page's options and what is behind them.
type staged struct {
	AdminOptions
	testing.TB
}

func stage(t testing.TB, s scene) AdminOptions {
	t.Helper()
	o := AdminOptions{
		Address: "127.0.0.1:0", History: NewHistory(3 * time.Second), Draining: func() bool { return false },
		Connections: func() int { return 3 }, Listens: func() Listens { return ListensOutside },
		Target: "ws://localhost:8888/ws?…", Path: "/health", Timeout: 3 * time.Second, Version: "0.6.0", Log: zap.NewNop(),
	}
	o.Callers = NewCallers(o.History)
	health, err := Listen(Options{Address: ":0", Log: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { health.crowd.Close() })
	o.Health = health
	o.Sent = "GET /ws?… HTTP/1.1\r\nHost: localhost:8888\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: 5tMNhBJFs3VQAhpAQwt2nA==\r\n" +
		"Sec-WebSocket-Version: 13\r\nUser-Agent: wshealthz/0.6.0\r\nAuthorization: …\r\n\r\n"
	o.Settings = []Setting{
		{"WSHEALTHZ_TARGET", "ws://localhost:8888/ws?…"}, {"WSHEALTHZ_CHECK", "handshake"}, {"WSHEALTHZ_TIMEOUT", "3s"},
		{"WSHEALTHZ_HEADERS", "…"}, {"WSHEALTHZ_LISTEN", ":10101"}, {"WSHEALTHZ_PATH", "/health"}, {"WSHEALTHZ_MAX_AGE", "1s"},
		{"WSHEALTHZ_ADMIN_LISTEN", "127.0.0.1:10102"}, {"WSHEALTHZ_LOG_LEVEL", "info"}, {"WSHEALTHZ_LOG_FORMAT", "json"},
	}
	st := &staged{o, t}
	st.age(2*time.Hour + 11*time.Minute)
	s.set(st)
	return st.AdminOptions
}

// age sets the time since the start.
func (s *staged) age(up time.Duration) {
	s.History.started = time.Now().Add(-up)
	s.Callers.last = s.History.started
}

// probes are n of them, one each five seconds, the last one a moment ago.
func (s *staged) probes(n int, verdict func(i int) upgrade.Verdict) {
	for i := range n {
		v := verdict(i)
		v.At = time.Now().Add(-time.Duration(n-1-i)*5*time.Second - 1200*time.Millisecond)
		s.History.keep(v)
	}
}

// asks is a caller who was seen some time ago and asked each five seconds before.
func (s *staged) asks(address, agent, host, path string, requests int, answer int, seen time.Duration) {
	r := &http.Request{Method: "GET", Host: host, URL: &url.URL{Path: path}, Header: http.Header{}, RemoteAddr: address + ":40000"}
	if agent != "" {
		r.Header.Set("User-Agent", agent)
	}
	before := s.Callers.last
	s.Callers.note(r, answer)
	s.Callers.mu.Lock()
	defer s.Callers.mu.Unlock()
	last := time.Now().Add(-seen)
	for _, c := range s.Callers.who {
		if c.Requests == 1 && c.Address == address && c.UserAgent == cut(agent) {
			c.Requests, c.Last = uint64(requests), last
			c.First = last.Add(-time.Duration(requests-1) * 5 * time.Second)
		}
	}
	if s.Callers.last = last; before.After(last) {
		s.Callers.last = before
	}
}

// gateway is what asks where all is set up well: two instances of Application Gateway, and the kubelet.
func (s *staged) gateway(answer int) {
	s.asks("10.240.0.1", kubelet+"1.34", "10.244.1.17:10101", "/health", 784, answer, 4*time.Second)
	s.asks("10.225.0.5", "", "ws.contoso.com", "/health", 1571, answer, 2*time.Second)
	s.asks("10.225.0.6", "", "ws.contoso.com", "/health", 1570, answer, 1200*time.Millisecond)
}

// fine is a healthy probe over loopback.
func fine(i int) upgrade.Verdict {
	v := upgrade.Verdict{Reason: upgrade.OK, Peer: "127.0.0.1:8888"}
	v.Took[upgrade.Dial] = time.Duration(90+i*37%60) * time.Microsecond
	v.Took[upgrade.Upgrade] = time.Duration(210+i*91%400) * time.Microsecond
	if i%29 == 11 {
		v.Took[upgrade.Upgrade] *= 30
	}
	return v
}

// failed is a probe that failed for a reason, in its phase.
func failed(reason upgrade.Reason, detail, came string) upgrade.Verdict {
	v := upgrade.Refuse(reason, detail)
	v.Came, v.Peer = came, "127.0.0.1:8888"
	for _, phase := range upgrade.Phases() {
		if phase <= reason.Phase() {
			v.Took[phase] = []time.Duration{0, 130 * time.Microsecond, 2400 * time.Microsecond, 900 * time.Microsecond, 3 * time.Second}[phase]
		}
	}
	return v
}

// forbidden is what a server with opinions about Origin says.
func forbidden(i int) upgrade.Verdict {
	v := failed(upgrade.BadStatus, `403 Forbidden from ws://localhost:8888/ws?…, want 101; body "Bad Origin: request has none\n"`,
		`"HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain; charset=utf-8\r\nSec-Websocket-Version: 13\r\nX-Content-Type-Options: nosniff\r\nContent-Length: 29\r\n\r\nBad Origin: request has none\n"`)
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
		s.gateway(503)
		s.asks("10.225.0.9", "curl/8.14.1", "10.244.1.17:10101", "/healthz", 3, 404, 40*time.Minute)
		s.asks("10.225.0.9", "python-requests/2.32", "10.244.1.17:10101", "/health", 1, 405, 9*time.Minute)
		s.Listens = func() Listens { return ListensLoopback }
	}},
	{"hostile", "wshealthz: unhealthy, not_http", hostileScene},
	{"reasons", "wshealthz: unhealthy, reply_timeout", func(s *staged) {
		s.Target = "wss://localhost:8443/ws"
		s.probes(120, func(i int) upgrade.Verdict {
			reasons := upgrade.Reasons()[3:]
			if i%4 > 1 {
				return fine(i)
			}
			return failed(reasons[(i/2+18)%len(reasons)], "detail", `"came"`)
		})
		s.probes(1, func(int) upgrade.Verdict {
			v := failed(upgrade.ReplyTimeout, "no message from wss://localhost:8443/ws within 3s, want a Pong", "")
			v.CertificateEnds = time.Now().Add(6*24*time.Hour + time.Hour)
			return v
		})
		s.gateway(503)
		s.Certificate = certificateOf(&tls.Certificate{Leaf: &x509.Certificate{NotAfter: time.Now().Add(81 * 24 * time.Hour)}})
	}},
	{"draining", "wshealthz: draining", func(s *staged) {
		s.probes(120, fine)
		s.gateway(503)
		s.Draining = func() bool { return true }
	}},
	{"nobody", "wshealthz: no verdict yet", func(s *staged) { s.Listens = func() Listens { return ListensUnknown } }},
	{"stopped", "wshealthz: healthy 12 min ago", func(s *staged) {
		s.probes(7, fine)
		for i := range s.History.probes {
			s.History.probes[i].At = s.History.probes[i].At.Add(-12 * time.Minute)
		}
		s.asks("10.225.0.5", "", "ws.contoso.com", "/health", 7, 200, 12*time.Minute)
	}},
	{"wrong", "wshealthz: no verdict yet", func(s *staged) { s.asks("10.225.0.5", "", "ws.contoso.com", "/", 66, 404, time.Second) }},
}

// pageOf is the page as a scene has it, asked of the handler.
func pageOf(t *testing.T, s scene) *httptest.ResponseRecorder {
	t.Helper()
	answer := view(stage(t, s), "GET", "/", local)
	if answer.Code != http.StatusOK {
		t.Fatalf("%s: the page says %d %s", s.name, answer.Code, answer.Body)
	}
	return answer
}
