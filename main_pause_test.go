//go:build !windows

package main

import (
	"io"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"wshealthz/internal/testbed"
)

// A pausable adapter is stopped by the script of the server that it probes.
type pausable struct {
	*testbed.Wshealthz
	t     *testing.T
	armed atomic.Bool // it has not been stopped in this probe, which may dial again after a pause
}

// pause stops the adapter once in a probe, until long after its budget of a second has ended. The channel that it returns is
// closed then.
func (p *pausable) pause() <-chan struct{} {
	over := make(chan struct{})
	if !p.armed.Swap(false) {
		close(over)
		return over
	}
	p.Signal(p.t, syscall.SIGSTOP)
	testbed.Until(p.t, "the adapter is stopped", func() bool { return testbed.Stopped(p.t, p.PID()) })
	time.AfterFunc(2*time.Second, func() {
		p.Wshealthz.Process.Process.Signal(syscall.SIGCONT)
		close(over)
	})
	return over
}

// TestPauseOfTheAdapter: what the server does while the adapter is stopped counts, although the budget ends meanwhile. On a busy
// machine more than one try may be needed, because there is little time to go on after a pause.
func TestPauseOfTheAdapter(t *testing.T) {
	pair := testbed.Certificate{}.Make(t)
	accept := testbed.SwitchingProtocols + "\r\n"
	for name, c := range map[string]struct {
		script func(*testbed.Peer, *pausable)
		env    []string
		want   string
	}{
		"an answer": {func(p *testbed.Peer, a *pausable) { p.ReadRequest(); a.pause(); p.Answer(accept) }, nil, "ok\n"},
		"a Pong": {func(p *testbed.Peer, a *pausable) {
			p.ReadRequestAndAccept()
			_, ping := p.ReadFrame()
			a.pause()
			io.WriteString(p, testbed.Frame(testbed.OpPong, string(ping)))
		}, []string{"WSHEALTHZ_CHECK=ping"}, "ok\n"},
		"a TLS handshake": {func(p *testbed.Peer, a *pausable) {
			a.pause()
			testbed.TLS(pair.ServerConfig(), testbed.Accept())(p)
		}, []string{"WSHEALTHZ_TLS_SKIP_VERIFY=true"}, "ok\n"},
		"a server that is paused too": {func(p *testbed.Peer, a *pausable) { p.ReadRequest(); <-a.pause(); p.Answer(accept) }, nil, "ok\n"},
		"a server that hangs": {func(p *testbed.Peer, a *pausable) {
			p.ReadRequest()
			a.pause()
			p.DoNotWatch()
			io.Copy(io.Discard, p)
		}, nil, "upgrade: upgrade_timeout: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			adapter := &pausable{t: t}
			address, _ := testbed.Serve(t, "tcp4", func(p *testbed.Peer) { c.script(p, adapter) })
			scheme := "ws://"
			if strings.Contains(name, "TLS") {
				scheme = "wss://"
			}
			env := []string{"WSHEALTHZ_TARGET=" + scheme + address + "/ws", "WSHEALTHZ_MAX_AGE=0", "WSHEALTHZ_TIMEOUT=1s"}
			adapter.Wshealthz = testbed.StartWshealthz(t, append(env, c.env...))
			var body string
			for range 5 {
				adapter.armed.Store(true)
				if _, body = health(t, adapter.Wshealthz); strings.HasPrefix(body, c.want) {
					return
				}
				t.Log(body)
			}
			t.Errorf("%s want %s", body, c.want)
		})
	}
}
