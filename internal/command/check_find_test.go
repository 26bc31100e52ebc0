package command

import (
	"bytes"
	"context"
	"os"
	"regexp"
	"strings"
	"testing"

	"wshealthz/internal/testbed"
)

// TestCheckFinds: each try on a line, what to set at the end, and the exit code of the environment as it is.
func TestCheckFinds(t *testing.T) {
	_, address := testbed.StartChat(t)
	variables := map[string]string{"TIMEOUT": patient, "TARGET": "ws://" + address + "/chat?s3cret"}
	for _, verbose := range []string{"-v=false", "-v"} {
		code, stdout, stderr := run(t, variables, "check", "-find", verbose)
		shown := "'ws://" + address + "/ws?…'"
		want := regexp.MustCompile(`(?s)^upgrade: bad_status: 404 .*\ntrying other settings, at most 60 handshakes, one after the other:\n` +
			`   1  WSHEALTHZ_TARGET='ws://` + address + `/chat/websocket\?…'  upgrade: bad_status: 404 Not Found from ws://[^()]*\n.*` +
			`   3  WSHEALTHZ_TARGET=` + regexp.QuoteMeta(shown) + `  ok\nhealthy with:\nWSHEALTHZ_TARGET=` + regexp.QuoteMeta(shown) + `\n… stands for .*\na WebSocket opens at that path.*\n$`)
		if code != ExitFailure || stderr != "" || !want.MatchString(stdout) || strings.Contains(stdout, "s3cret") {
			t.Errorf("%s: exit %d, %q, %s", verbose, code, stderr, stdout)
		}
		if strings.Contains(stdout, "\nsent:\n") != (verbose == "-v") {
			t.Errorf("%s: %s", verbose, stdout)
		}
	}
}

// TestCheckFindsNothingUnasked: without -find, with a healthy server, and when interrupted.
func TestCheckFindsNothingUnasked(t *testing.T) {
	_, address := testbed.StartChat(t)
	for _, args := range [][]string{{"ws://" + address + "/wrong"}, {"-find", "ws://" + address + "/ws"}, {"-v", "ws://" + address + "/wrong"}} {
		if _, stdout, _ := run(t, map[string]string{"TIMEOUT": patient}, append([]string{"check"}, args...)...); strings.Contains(stdout, "cure") || strings.Contains(stdout, "WSHEALTHZ_TARGET=") {
			t.Errorf("%q: %s", args, stdout)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out bytes.Buffer
	if code := Run(ctx, Build{Version: "dev"}, []string{"check", "-find", "ws://" + address + "/wrong"}, os.Environ(), &out, &out); code != ExitFailure || strings.Contains(out.String(), "cure") {
		t.Errorf("interrupted: exit %d, %s", code, &out)
	}
}

// TestJSONFinds: the tries and the outcome are in the one object.
func TestJSONFinds(t *testing.T) {
	_, address := testbed.StartChat(t)
	code, d, output := diagnosed(t, map[string]string{"TIMEOUT": patient, "HEADERS": "A: s3cret"}, "-find", "ws://"+address+"/chat")
	if code != ExitFailure || d.Status != "fail" || len(d.Find) != 3 || d.Found == nil || strings.Contains(output, "s3cret") {
		t.Fatalf("exit %d, %s", code, output)
	}
	if first := d.Find[0]; first.Status != "fail" || first.Reason != "bad_status" || *first.Phase != "upgrade" || !strings.HasPrefix(*first.Detail, "404 ") || first.Changes[0].Name != "WSHEALTHZ_TARGET" {
		t.Error(output)
	}
	if f := d.Found; f.Status != "pass" || f.Reason != "ok" || f.Ended != nil || len(f.Changes) != 1 || f.Changes[0].Value != "ws://"+address+"/ws" {
		t.Error(output)
	}
	if _, d, output = diagnosed(t, nil, "-find", "ws://127.0.0.1:1/"); d.Find != nil || d.Found == nil || d.Found.Status != "fail" || len(d.Found.Changes) != 0 {
		t.Error(output)
	}
	if _, d, output = diagnosed(t, map[string]string{"TIMEOUT": patient}, "-find", "ws://"+address+"/ws"); d.Found != nil || d.Find != nil {
		t.Error(output)
	}
}
