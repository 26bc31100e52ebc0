//go:build !windows

package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"wshealthz/internal/testbed"
)

// startWithDescriptors starts the program with a descriptor limit.
func startWithDescriptors(t *testing.T, descriptors int, env ...string) (health string) {
	t.Helper()
	env = append(env, "WSHEALTHZ_LISTEN=127.0.0.1:0", "WSHEALTHZ_ADMIN_LISTEN=127.0.0.1:0")
	p := testbed.Start(t, "/bin/sh", env, "-c", fmt.Sprintf(`ulimit -n %d && exec "$0"`, descriptors), testbed.Build(t, "wshealthz"))
	addresses, err := p.Serving(testbed.Patience)
	if err != nil {
		t.Fatal(err)
	}
	return addresses.Health
}

// TestFewDescriptors: connections that the server never closes do not use up the descriptors that the next probe needs.
func TestFewDescriptors(t *testing.T) {
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	holds := func(script testbed.Script) testbed.Script {
		return func(p *testbed.Peer) { script(p); p.DoNotWatch(); p.HoldUntil(release) }
	}
	pair := testbed.Certificate{}.Make(t)
	for name, c := range map[string]struct {
		script testbed.Script
		scheme string
		status int
		body   string
	}{
		"a 101":          {holds(testbed.Accept()), "ws", 200, "ok\n"},
		"a 101 over TLS": {testbed.TLS(pair.ServerConfig(), holds(testbed.Accept())), "wss", 200, "ok\n"},
		"a 403":          {holds(testbed.AnswerHead("HTTP/1.1 403 Forbidden")), "ws", 503, "upgrade: bad_status: 403"},
	} {
		for _, descriptors := range []int{16, 32} {
			t.Run(fmt.Sprint(name, " with ", descriptors), func(t *testing.T) {
				address, _ := testbed.Serve(t, "tcp4", c.script)
				env := []string{"WSHEALTHZ_TARGET=" + c.scheme + "://" + address + "/ws", "WSHEALTHZ_MAX_AGE=0"}
				if c.scheme == "wss" {
					env = append(env, "WSHEALTHZ_TLS_SKIP_VERIFY=true")
				}
				health := startWithDescriptors(t, descriptors, env...)
				for i := range 40 {
					status, body := testbed.Get(t, "http://"+health+"/health")
					if status != c.status || !strings.HasPrefix(body, c.body) {
						t.Fatalf("probe %d: %d %s, want %d %s", i+1, status, body, c.status, c.body)
					}
				}
				http.DefaultClient.CloseIdleConnections()
			})
		}
	}
}
