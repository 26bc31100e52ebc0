package admin

import (
	"strings"
	"testing"
	"time"

	"wshealthz/internal/doctor"
	"wshealthz/upgrade"
)

// TestPageCallers: who asks decides what the page says about it.
func TestPageCallers(t *testing.T) {
	for _, c := range []struct {
		want callersProblem
		said string
		set  func(*staged)
	}{
		{starting, "less than a minute", func(s *staged) { s.age(30 * time.Second) }},
		{neverAsked, "Nobody has asked yet", func(*staged) {}},
		{stopped, "No requests any more: the last one was 1 min", func(s *staged) { s.asks("10.0.0.1", "", "x", "/health", 9, 200, 60500*time.Millisecond) }},
		{wrong, "Nobody sends the right request", func(s *staged) { s.asks("10.0.0.1", "", "x", "/", 9, 404, time.Second) }},
		{wrong, "wrong method", func(s *staged) { s.asks("10.0.0.1", "", "x", "/health", 9, 405, time.Second) }},
		{onlyLocal, "only this machine", func(s *staged) { s.asks("127.0.0.1", "", "x", "/health", 9, 200, time.Second) }},
		{onlyKubelet, "only the kubelet", func(s *staged) { s.asks("10.0.0.1", "kube-probe/1.34", "x", "/health", 9, 503, time.Second) }},
		{noProblem, "no User-Agent, like Application Gateway", func(s *staged) { s.gateway(503); s.asks("10.0.0.9", "curl", "x", "/", 1, 404, time.Second) }},
		{noProblem, "<h1", func(s *staged) { s.Draining = func() bool { return true } }},
	} {
		o := stage(t, scene{set: c.set})
		if got := callersProblemOf(newHandler(o).snapshot()); got != c.want {
			t.Errorf("the problem is %q, want %q", got, c.want)
		}
		if body := view(o, "GET", "/", local).Body.String(); !strings.Contains(body, c.said) {
			t.Errorf("%s: the page does not say %q", c.want, c.said)
		}
	}
}

// TestPageWarnings: what the page says when something is wrong, and does not say when nothing is.
func TestPageWarnings(t *testing.T) {
	for _, c := range []struct {
		said string
		set  func(*staged)
	}{
		{"listens on loopback only", func(s *staged) { s.Sockets = socketsOf(doctor.ListeningLoopback, 0) }},
		{`<span class="flag">6 days left`, func(s *staged) {
			s.probes(1, func(int) upgrade.Verdict { return upgrade.Verdict{CertificateEnds: time.Now().Add(156 * time.Hour)} })
		}},
		{`<span class="flag">ended 1 h 5 min ago`, func(s *staged) {
			s.probes(1, func(int) upgrade.Verdict { return upgrade.Verdict{CertificateEnds: time.Now().Add(-65 * time.Minute)} })
		}},
		{"after the 101 the server sent Close 4001 &quot;Application does not exist&quot;: WSHEALTHZ_CHECK=ping would call it unhealthy", func(s *staged) {
			s.probes(1, fine)
			refusal := upgrade.Message{Type: "close", Payload: upgrade.Excerpt{Bytes: []byte("\x0f\xa1Application does not exist")}}
			s.History.RecordClose(s.History.last(), upgrade.CloseResult{After: []upgrade.Message{refusal}})
		}},
		{"old: no requests", func(s *staged) {
			s.probes(1, fine)
			s.History.probes[0].At = time.Now().Add(-2 * time.Minute)
		}},
	} {
		if body := pageOf(t, scene{set: c.set}).Body.String(); !strings.Contains(body, c.said) {
			t.Errorf("the page does not say %q", c.said)
		}
		if body := pageOf(t, scene{set: func(s *staged) {
			s.probes(1, func(int) upgrade.Verdict { return upgrade.Verdict{CertificateEnds: time.Now().Add(400 * time.Hour)} })
		}}).Body.String(); strings.Contains(body, c.said) {
			t.Errorf("the page says %q without a reason", c.said)
		}
	}
}
