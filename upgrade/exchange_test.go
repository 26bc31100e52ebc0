package upgrade

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"wshealthz/internal/testbed"
)

// expecting returns what sets a prober as WSHEALTHZ_SEND and WSHEALTHZ_EXPECT do, with a short timeout.
func expecting(send, expect string) func(*Prober) {
	return func(p *Prober) {
		p.Dialogue = &Dialogue{Want: "a match", Expect: regexp.MustCompile(expect).Match, Secret: true}
		if send != "" {
			p.Dialogue.First = []byte(send)
		}
		p.Timeout = shortTimeout
	}
}

func TestSendAndExpect(t *testing.T) {
	t.Parallel()
	echo := func(p *testbed.Peer) {
		p.ReadRequestAndAccept()
		io.WriteString(p, text("welcome"))
		op, payload := p.ReadFrame()
		io.WriteString(p, testbed.Frame(op, "echo of "+string(payload)))
	}
	for _, c := range []struct {
		name   string
		reason Reason
		script testbed.Script
		set    func(*Prober)
		says   string
	}{
		{"the first message", OK, acceptsAndWrites(text("welcome")), expecting("", "^welcome$"), ""},
		{"a later message", OK, acceptsAndWrites(text("a") + text("b") + text("welcome")), expecting("", "come"), ""},
		{"over fragments", OK, acceptsAndWrites(testbed.Fragment(testbed.OpText, "wel") + testbed.Frame(testbed.OpContinuation, "come")), expecting("", "^welcome$"), ""},
		{"an answer", OK, echo, expecting("hello", "^echo of hello$"), ""},
		{"not over two messages", WrongReply, acceptsAndWrites(text("wel") + text("come")), expecting("", "welcome"), `got 2 messages, the last "come"`},
		{"within 64 KiB", OK, acceptsAndWrites(text(strings.Repeat("x", maxKept-1) + "y")), expecting("", "y$"), ""},
		{"not after 64 KiB", WrongReply, acceptsAndWrites(text(strings.Repeat("x", maxKept) + "y")), expecting("", "y"), `got one message`},
		{"another answer", WrongReply, echo, expecting("hello", "goodbye"), `the last "echo of ..."`},
		{"no answer", ReplyTimeout, func(p *testbed.Peer) { p.ReadRequestAndAccept(); p.ReadFrame() }, expecting("hello", "x"), "waiting for a match"},
		{"hostile text", WrongReply, acceptsAndWrites(text("\x1b[31m<script>\n" + strings.Repeat("x", 300))), expecting("", "y"), `\x1b[31m<script>\n`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address, closings := testbed.Serve(t, "tcp4", c.script)
			p := newProber(t, address)
			if c.set(p); c.reason == OK {
				p.Timeout = testbed.Patience
			}
			if verdict, _ := probe(t, p); verdict.Reason != c.reason || !strings.Contains(verdict.Detail, c.says) || len(verdict.String()) > 512 {
				t.Errorf("%v, want %v with %q", verdict, c.reason, c.says)
			}
			wantPoliteClose(t, closings, true)
		})
	}
}

// TestTrace: each message is traced once, in order, and WSHEALTHZ_SEND's only when secrets may be shown.
func TestTrace(t *testing.T) {
	t.Parallel()
	for _, showSecrets := range []bool{false, true} {
		address, _ := testbed.Serve(t, "tcp4", func(p *testbed.Peer) {
			p.ReadRequestAndAccept()
			p.ReadFrame()
			io.WriteString(p, testbed.Frame(testbed.OpPing, "p")+text("yes, s3cret"))
		})
		p := newProber(t, address)
		expecting("s3cret", "yes")(p)
		p.Timeout, p.ShowSecrets = testbed.Patience, showSecrets
		var got []string
		p.Trace = func(m Message) { got = append(got, fmt.Sprint(m.Sent, " ", m.Redacted, " ", m.Type, m.Payload)) }
		probe(t, p)
		want := []string{`true true text`, `false false ping"p"`, `true false pong"p"`, `false false text"yes, ..."`}
		if showSecrets {
			want[0], want[3] = `true false text"s3cret"`, `false false text"yes, s3cret"`
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
