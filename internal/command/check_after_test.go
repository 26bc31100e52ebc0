package command

import (
	"strings"
	"testing"

	"wshealthz/internal/testbed"
)

// TestCheckShowsRefusal: a Close right after the 101 changes no verdict of a handshake, and is shown with what it means.
func TestCheckShowsRefusal(t *testing.T) {
	address := testbed.ServeText(t, testbed.SwitchingProtocols+"\r\n"+testbed.CloseFrame(4001, "Application does not exist"))
	code, stdout, stderr := run(t, map[string]string{"TIMEOUT": patient}, "check", "-v", "ws://"+address)
	if code != ExitOK || !strings.HasPrefix(stdout, "ok\n") || stderr != "" {
		t.Fatalf("exit %d, %s%s", code, stdout, stderr)
	}
	for _, want := range []string{
		`  after the 101 the server sent Close 4001 "Application does not exist": WSHEALTHZ_CHECK=ping would call it unhealthy`,
		` ms  came close  4001 "Application does not exist"`,
	} {
		if !strings.Contains(stdout, want+"\n") {
			t.Errorf("no %s in\n%s", want, stdout)
		}
	}
	_, _, log := run(t, map[string]string{"TIMEOUT": patient, "LOG_LEVEL": "debug"}, "check", "ws://"+address)
	if !strings.Contains(log, `"after_close":"4001 \"Application does not exist\""`) {
		t.Errorf("the log is %s", log)
	}
}
