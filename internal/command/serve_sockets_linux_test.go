package command

import (
	"fmt"
	"io"
	"net"
	"os"
	"testing"

	"go.uber.org/zap"

	"wshealthz/internal/config"
	"wshealthz/internal/doctor"
	"wshealthz/internal/testbed"
	"wshealthz/probe"
	"wshealthz/probe/admin"
)

// sidecarOf returns what would serve with these variables.
func sidecarOf(t *testing.T, variables map[string]string) *sidecar {
	t.Helper()
	testbed.Setenv(t, variables)
	c, faults := config.Load(os.Environ(), "", "dev")
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return newSidecar(c, zap.NewNop(), Build{Version: "dev"})
}

// TestServerView: users are counted, and probes are not: neither those under way nor those that are being closed.
func TestServerView(t *testing.T) {
	const users = 3
	answer, release := make(chan struct{}), make(chan struct{})
	address, _ := testbed.Serve(t, "tcp", func(p *testbed.Peer) {
		p.DoNotWatch() // users do not close as a probe does
		p.ReadRequest()
		if p.Request.URL.Path == "/user" {
			p.HoldUntil(nil)
			return
		}
		p.HoldUntil(answer)
		p.Answer("HTTP/1.1 404 Not Found\r\n\r\n")
		p.HoldUntil(release)
	})
	s := sidecarOf(t, map[string]string{"TARGET": "ws://" + address + "/probe", "TIMEOUT": "60s"})
	expect := func(when string, want probe.ServerView) {
		t.Helper()
		// The kernel may show a row twice, or not at all, when its table changes meanwhile.
		testbed.Until(t, fmt.Sprintf("%s: %+v", when, want), func() bool { return s.serverView() == want })
	}
	expect("nobody is connected", probe.ServerView{Known: true, Listening: true})
	for range users {
		user, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer user.Close()
		io.WriteString(user, "GET /user HTTP/1.1\r\nHost: a\r\n\r\n")
	}
	seen := probe.ServerView{Known: true, Listening: true, Connected: users}
	expect("users are connected", seen)
	testbed.Until(t, fmt.Sprintf("loopback and %d sessions are shown", users), func() bool {
		shown := s.serverSockets()
		return shown.Listening == doctor.ListeningLoopback && shown.Sessions != nil && *shown.Sessions == users
	})
	probed := make(chan struct{})
	go func() {
		s.prober.Probe(t.Context())
		close(probed)
	}()
	testbed.Until(t, "the probe is connected", func() bool { return s.prober.OpenConnections() == 1 })
	expect("a probe is under way", seen)
	close(answer)
	<-probed
	expect("its connection is being closed", seen)
	close(release)
	s.prober.Wait(t.Context())
	expect("it is closed", seen)
}

// TestServerViewUnknown: nothing is known of a server elsewhere, and a server that is gone is known to be gone.
func TestServerViewUnknown(t *testing.T) {
	for target, want := range map[string]probe.ServerView{
		"ws://203.0.113.7:8080":      {},
		"ws://example.com:8080":      {},
		"ws://" + testbed.Reserve(t): {Known: true},
	} {
		s := sidecarOf(t, map[string]string{"TARGET": target})
		if got := s.serverView(); got != want {
			t.Errorf("%s: %+v, want %+v", target, got, want)
		}
		if got := s.serverSockets(); got != (admin.Sockets{}) {
			t.Errorf("%s: shown as %+v, want nothing", target, got)
		}
	}
}
