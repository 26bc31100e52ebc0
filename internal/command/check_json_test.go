package command

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"wshealthz/internal/testbed"
)

// reportSchema is what check -json promises. A pointer is what may be absent; required says that of the others.
type reportSchema struct {
	Status      string
	Reason      string
	Phase       *string
	Detail      *string
	Hint        *string
	Time        time.Time
	Version     string
	Target      string
	Peer        *string
	TookSeconds map[string]float64
	Left        struct {
		How     string
		Seconds float64
		Bytes   int64
	}
	ServerListens   string
	CertificateEnds *time.Time
	PlainGet        *struct {
		Status int
		Text   string
	}
	Sent     string
	Came     *string
	Messages []struct {
		Seconds            float64
		Way, Kind, Payload string
	}
	MessagesLeftOut *uint64
	Annotations     []struct{ Name, Value, Note string }
	Find            []resultSchema
	Found           *struct {
		resultSchema
		Ended *string
	}
}

// resultSchema is a try of -find, or its outcome.
type resultSchema struct {
	Changes       []struct{ Name, Value string }
	Status        string
	Reason        string
	Phase, Detail *string
}

var required = []string{"status", "reason", "time", "version", "target", "tookSeconds", "left", "serverListens", "sent", "messages"}

// diagnosed runs check -json and returns its one object, which must be all of standard output.
func diagnosed(t *testing.T, variables map[string]string, args ...string) (code int, d reportSchema, output string) {
	t.Helper()
	code, output, stderr := run(t, variables, append([]string{"check", "-json"}, args...)...)
	in := json.NewDecoder(strings.NewReader(output))
	in.DisallowUnknownFields()
	if err := in.Decode(&d); err != nil || in.More() || stderr != "" {
		t.Fatalf("%v, standard error %q: %s", err, stderr, output)
	}
	var names map[string]any
	if err := json.Unmarshal([]byte(output), &names); err != nil {
		t.Fatal(err)
	}
	for _, name := range required {
		if names[name] == nil {
			t.Errorf("no %s in %s", name, output)
		}
	}
	return code, d, output
}

// TestJSONHealthy: what has no meaning here is absent, and -v with -json changes nothing.
func TestJSONHealthy(t *testing.T) {
	port := serverOn(t, "0.0.0.0:0")
	code, d, output := diagnosed(t, map[string]string{"TIMEOUT": patient, "CHECK": "ping"}, "-v", "ws://localhost:"+port+"/plain?s3cret")
	if code != ExitOK || d.Status != "pass" || d.Reason != "ok" || d.Phase != nil || d.Detail != nil || d.Hint != nil || d.Came != nil || d.CertificateEnds != nil {
		t.Errorf("exit %d, %s", code, output)
	}
	if *d.Peer != "127.0.0.1:"+port || d.Target != "ws://localhost:"+port+"/plain?…" || d.ServerListens != "outside" || d.Left.How == "" || d.Version != "dev" {
		t.Error(output)
	}
	if len(d.TookSeconds) != 3 || d.TookSeconds["dial"] <= 0 || d.TookSeconds["upgrade"] <= 0 || d.TookSeconds["exchange"] <= 0 {
		t.Errorf("took %v, want dial, upgrade and exchange", d.TookSeconds)
	}
	if d.PlainGet.Status != 200 || d.PlainGet.Text != `200 OK, body "hello"` || !strings.HasPrefix(d.Sent, "GET /plain?… HTTP/1.1\r\n") {
		t.Error(output)
	}
	if len(d.Messages) != 2 || d.Messages[0].Way != "sent" || d.Messages[0].Kind != "ping" || d.Messages[1].Way != "came" || d.Messages[1].Kind != "pong" || d.Messages[1].Seconds <= 0 {
		t.Errorf("messages %+v", d.Messages)
	}
	if len(d.Annotations) != 8 || d.Annotations[2].Name != "appgw.ingress.kubernetes.io/health-probe-port" || d.Annotations[2].Value != "10101" {
		t.Errorf("annotations %+v", d.Annotations)
	}
	if strings.Contains(output, "s3cret") || time.Since(d.Time) > time.Minute {
		t.Error(output)
	}
}

// TestJSONUnhealthy with the last verdict of -wait, and secrets only with -secrets.
func TestJSONUnhealthy(t *testing.T) {
	port := serverOn(t, "127.0.0.1:0")
	variables := map[string]string{"TIMEOUT": patient, "HEADERS": "A: s3cret"}
	for _, secrets := range []string{"-secrets=false", "-secrets"} {
		code, d, output := diagnosed(t, variables, "-wait", "300ms", secrets, "ws://localhost:"+port+"/forbidden")
		if code != ExitFailure || d.Status != "fail" || d.Reason != "bad_status" || *d.Phase != "upgrade" || *d.Hint == "" || !strings.HasPrefix(*d.Detail, "403 Forbidden from ") || d.Annotations != nil {
			t.Errorf("exit %d, %s", code, output)
		}
		if !strings.HasPrefix(*d.Came, `"HTTP/1.1 403 Forbidden\r\n`) || d.PlainGet.Status != 403 {
			t.Error(output)
		}
		if strings.Contains(output, "s3cret") != (secrets == "-secrets") {
			t.Errorf("%s: %s", secrets, output)
		}
	}
	_, d, output := diagnosed(t, nil, "ws://127.0.0.1:1/")
	if d.Reason != "refused" || d.Came != nil || d.PlainGet.Status != 0 || !strings.Contains(d.PlainGet.Text, "refused") || d.Left.How != "never connected" {
		t.Error(output)
	}
}

// TestJSONSecretMessage: what SEND holds is "…".
func TestJSONSecretMessage(t *testing.T) {
	_, address := testbed.StartChat(t)
	variables := map[string]string{"TIMEOUT": patient, "SEND": "s3cret", "EXPECT": "cret$"}
	_, d, output := diagnosed(t, variables, "ws://"+address+"/ws")
	if len(d.Messages) != 2 || d.Messages[0].Payload != "…" || strings.Contains(output, "s3cret") {
		t.Error(output)
	}
}

// TestInterrupted: no plain GET, and nothing said about it.
func TestInterrupted(t *testing.T) {
	testbed.Setenv(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, flag := range []string{"-v", "-json"} {
		var out bytes.Buffer
		code := Run(ctx, Build{Version: "dev"}, []string{"check", flag, "ws://127.0.0.1:1/"}, os.Environ(), &out, io.Discard)
		if text := out.String(); code != ExitFailure || !strings.Contains(text, "canceled") || strings.Contains(text, "plainGet") || strings.Contains(text, "Gateway") {
			t.Errorf("%s: exit %d, %s", flag, code, text)
		}
	}
}

// TestJSONMisconfigured: text on standard error, exit 64, nothing on standard output.
func TestJSONMisconfigured(t *testing.T) {
	for _, args := range [][]string{{"check", "-json"}, {"check", "-json", "http://a"}, {"check", "-json", "-x"}} {
		if code, stdout, stderr := run(t, nil, args...); code != ExitUsage || stdout != "" || !strings.HasPrefix(stderr, "wshealthz: ") {
			t.Errorf("%q: exit %d, %q, %q", args, code, stdout, stderr)
		}
	}
}
