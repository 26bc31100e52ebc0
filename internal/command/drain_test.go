package command

import (
	"encoding/json"
	"strings"
	"testing"

	"wshealthz/internal/testbed"
)

// adminOf returns the admin listener's address from the start line.
func adminOf(t *testing.T, log *lines) string {
	t.Helper()
	var start struct {
		Admin string `json:"admin_listen"`
	}
	first, _, _ := strings.Cut(log.String(), "\n")
	if err := json.Unmarshal([]byte(first), &start); err != nil || start.Admin == "" {
		t.Fatalf("%v: %s", err, first)
	}
	return start.Admin
}

// TestDrain: a drain begins, is waited for on both listeners, and ends. Nobody asks, so it takes the 5 s in which Kubernetes
// tells that the endpoint is gone.
func TestDrain(t *testing.T) {
	target, _ := testbed.Serve(t, "tcp4", testbed.Accept())
	address, log := serving(t, map[string]string{"TARGET": "ws://" + target + "/", "DRAIN_WAIT": "true", "MAX_AGE": "1h"})
	admin := map[string]string{"ADMIN_LISTEN": adminOf(t, log)}
	expect := func(when string, status int, prefix string) {
		t.Helper()
		if got, body := testbed.Get(t, "http://"+address+"/health"); got != status || !strings.HasPrefix(body, prefix) {
			t.Errorf("%s: %d %q, want %d %q", when, got, body, status, prefix)
		}
	}
	drain := func(want string, args ...string) {
		t.Helper()
		code, stdout, stderr := run(t, admin, append([]string{"drain"}, args...)...)
		if code != ExitOK || !strings.HasPrefix(stdout, want) || stderr != "" {
			t.Errorf("drain %q: exit %d, %q, %q, want 0 and %q", args, code, stdout, stderr, want)
		}
	}
	expect("before", 200, "ok")
	drain("not draining\n", "-off")
	drain("draining\n")
	expect("during the drain", 503, "draining: ")
	drain("draining\n")
	drain("not draining\n", "-off")
	expect("after it, with a fresh verdict", 200, "ok")

	hook := make(chan string)
	go func() {
		_, body := testbed.Get(t, "http://"+address+"/drain")
		hook <- body
	}()
	drain("no gateway asks after 5s", "-wait")
	if outcome := <-hook; !strings.HasPrefix(outcome, "no gateway asks after 5s") {
		t.Errorf("the hook gets %q", outcome)
	}
	expect("after the drain", 503, "draining: ")
	for _, line := range []string{`"msg":"draining"`, `"by":"wshealthz drain"`, `"msg":"not draining any more"`, `"msg":"drained"`} {
		testbed.Until(t, line+" is in the log", func() bool { return strings.Contains(log.String(), line) })
	}
}

// TestDrainWithoutWait: without WSHEALTHZ_DRAIN_WAIT there is no such path.
func TestDrainWithoutWait(t *testing.T) {
	address, _ := serving(t, map[string]string{"TARGET": "ws://127.0.0.1:1/"})
	if status, _ := testbed.Get(t, "http://"+address+"/drain"); status != 404 {
		t.Errorf("%d, want 404", status)
	}
}

// TestDrainOfNobody: exit 1 when nothing listens, 64 when nothing can.
func TestDrainOfNobody(t *testing.T) {
	for admin, want := range map[string]struct {
		code   int
		stderr string
	}{
		testbed.Reserve(t): {ExitFailure, "is wshealthz running on this machine"},
		"":                 {ExitUsage, "WSHEALTHZ_ADMIN_LISTEN: is the empty string"},
	} {
		for _, args := range [][]string{{"drain"}, {"drain", "-off"}, {"drain", "-wait"}} {
			code, stdout, stderr := run(t, map[string]string{"ADMIN_LISTEN": admin, "TARGET": "wrong"}, args...)
			if code != want.code || stdout != "" || !strings.Contains(stderr, want.stderr) {
				t.Errorf("%q with %q: exit %d, %q, %q, want %d and %q", args, admin, code, stdout, stderr, want.code, want.stderr)
			}
		}
	}
}
