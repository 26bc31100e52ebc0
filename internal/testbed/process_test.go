//go:build unix

package testbed

import (
	"syscall"
	"testing"
)

// TestProcesses: a server and wshealthz, as processes; the server is stopped, goes on, and starts again at its address.
func TestProcesses(t *testing.T) {
	chat, address := StartChat(t)
	w := StartWshealthz(t, []string{"WSHEALTHZ_TARGET=ws://" + address + "/ws", "WSHEALTHZ_MAX_AGE=0"})
	healthy := func() bool { status, _ := Get(t, "http://"+w.Health+"/health"); return status == 200 }
	if !healthy() {
		t.Error("not healthy while the server runs")
	}
	if status, _ := Get(t, "http://"+w.Admin+"/livez"); status != 200 {
		t.Errorf("/livez of the admin listener: %d", status)
	}
	if Stopped(t, chat.PID()) {
		t.Error("the server is stopped from the start")
	}
	chat.Signal(t, syscall.SIGSTOP)
	Until(t, "the server is stopped", func() bool { return Stopped(t, chat.PID()) })
	if code := chat.Kill(); code != -1 || healthy() {
		t.Errorf("exit %d, want -1, and an unhealthy verdict once it is killed", code)
	}
	StartChatOn(t, address)
	if !healthy() {
		t.Error("not healthy when the server runs again")
	}
	if code := w.Stop(); code != 0 || len(w.Lines()) < 2 {
		t.Errorf("exit %d, want 0, and a line for the start and for each change: %q", code, w.Lines())
	}
	if wrong := Start(t, Build(t, "wshealthz"), []string{"WSHEALTHZ_TARGET=http://x/"}); wrong.Wait(t) != 64 || len(wrong.Lines()) == 0 {
		t.Errorf("exit %d with %q, want 64 and the fault", wrong.ExitCode(), wrong.Lines())
	}
}
