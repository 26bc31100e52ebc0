package command

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"wshealthz/internal/testbed"
)

// TestCheckShowsFirstAndLast: of many messages the first 50 and the last 50 are shown, and the rest is counted in its place.
func TestCheckShowsFirstAndLast(t *testing.T) {
	const count = 1500
	answer := testbed.SwitchingProtocols + "\r\n"
	for i := range count - 1 {
		answer += testbed.Frame(testbed.OpText, fmt.Sprintf("message %d", i))
	}
	address := testbed.ServeText(t, answer+testbed.Frame(testbed.OpText, "awaited"))
	variables := map[string]string{"TIMEOUT": patient, "EXPECT": "^awaited$"}

	code, stdout, _ := run(t, variables, "check", "-v", "ws://"+address)
	want := regexp.MustCompile(`ms  came text   "message 49"\n  \.\.\. 1,400 messages left out \.\.\.\n +\d+\.\d\d ms  came text   "message 1450"\n`)
	if lines := strings.Count(stdout, " ms  came text "); code != ExitOK || lines != 100 || !want.MatchString(stdout) || !strings.Contains(stdout, `came text   "awaited"`) {
		t.Errorf("exit %d, %d messages in\n%s", code, lines, stdout)
	}
	_, d, output := diagnosed(t, variables, "ws://"+address)
	if len(d.Messages) != 100 || d.MessagesLeftOut == nil || *d.MessagesLeftOut != count-100 {
		t.Fatal(output)
	}
	if d.Messages[0].Payload != `"message 0"` || d.Messages[49].Payload != `"message 49"` || d.Messages[50].Payload != `"message 1450"` || d.Messages[99].Payload != `"awaited"` {
		t.Error(output)
	}
}

// TestCheckLeavesNothingOut of an exchange of a few messages.
func TestCheckLeavesNothingOut(t *testing.T) {
	address := testbed.ServeText(t, testbed.SwitchingProtocols+"\r\n"+testbed.Frame(testbed.OpText, "awaited"))
	variables := map[string]string{"TIMEOUT": patient, "EXPECT": "awaited"}
	_, d, output := diagnosed(t, variables, "ws://"+address)
	_, stdout, _ := run(t, variables, "check", "-v", "ws://"+address)
	if len(d.Messages) != 1 || d.MessagesLeftOut != nil || strings.Contains(stdout, "left out") {
		t.Error(output, stdout)
	}
}
