package upgrade

import (
	"strings"
	"testing"

	"wshealthz/internal/testbed"
)

// TestAfter: what a server sends after the 101 of a handshake alone is kept, but changes no verdict.
func TestAfter(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, sends string
		after       string // types and payloads
		refusal     bool
	}{
		{"nothing", "", "", false},
		{"a Close with a code of its own", testbed.CloseFrame(4001, "Application does not exist"), `close "\x0f\xa1Application does not exist"`, true},
		{"a Close 1011", testbed.CloseFrame(1011, ""), `close "\x03\xf3"`, true},
		{"a goodbye", testbed.CloseFrame(1000, "bye"), "", false},
		{"an empty Close", testbed.Frame(testbed.OpClose, ""), "", false},
		{"an error, then a Close", text(`{"error":"no"}`) + testbed.CloseFrame(4400, "x"), `text "{\"error\":\"no\"}" close "\x110x"`, true},
		{"a ping and a pong", testbed.Frame(testbed.OpPing, "a") + testbed.Frame(testbed.OpPong, "b"), "", false},
		{"a secret of ours", text("token=s3cret"), `text "..."`, false},
		{"a long message", text(strings.Repeat("x", 600)), `text "` + strings.Repeat("x", maxQuoted) + `"...`, false},
		{"half a frame, and the answer to our Close", "\x81\x7dab", `text "ab\x88\x02\x03\xe9"...`, false},
		{"no frame", "\xff\xff\xff", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address, _ := testbed.Serve(t, "tcp4", acceptsAndWrites(c.sends))
			p := newProber(t, address)
			p.URL.RawQuery = "token=s3cret"
			verdict, result := probe(t, p)
			var after []string
			for _, m := range result.After {
				after = append(after, m.Type+" "+m.Payload.String())
			}
			if got := strings.Join(after, " "); !verdict.Healthy() || got != c.after || (result.Refusal() != nil) != c.refusal {
				t.Errorf("%v, then %s, want ok, then %s", verdict, got, c.after)
			}
		})
	}
}

// TestAfterCompressed: what is compressed is shown as text to whoever traces, with our own secrets left out, and not at all else.
func TestAfterCompressed(t *testing.T) {
	t.Parallel()
	for _, traced := range []bool{false, true} {
		sent := deflatedText(inOneBlock(`{"error":"s3cret"}`, "")+"\x00") + testbed.CloseFrame(4001, "")
		address := testbed.ServeText(t, testbed.SwitchingProtocols+"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"+sent)
		p := newProber(t, address)
		p.Deflate, p.URL.RawQuery = true, "token=s3cret"
		if traced {
			p.Trace = func(Message) {}
		}
		verdict, result := probe(t, p)
		if !verdict.Healthy() || len(result.After) != 2 || result.Refusal() == nil {
			t.Fatalf("%v, then %+v, want ok, then a text and a Close", verdict, result.After)
		}
		want := map[bool]string{false: "", true: `"{\"error\":\"...\"}"`}[traced]
		if m := result.After[0]; m.Redacted == traced || m.Payload.String() != want {
			t.Errorf("traced %v: %+v, want %s", traced, m, want)
		}
	}
}
