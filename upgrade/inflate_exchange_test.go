package upgrade

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"wshealthz/internal/testbed"
)

var acceptDeflateText = strings.TrimSuffix(acceptText, "\r\n") + "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"

// expectingDeflate returns what sets a prober to offer permessage-deflate and to wait for a match.
func expectingDeflate(expect string) func(*Prober) {
	return func(p *Prober) {
		offersDeflate(p)
		p.Dialogue = &Dialogue{Want: "a match", Expect: regexp.MustCompile(expect).Match}
	}
}

// TestCompressedExchange: what is matched, traced and quoted is what was compressed.
func TestCompressedExchange(t *testing.T) {
	t.Parallel()
	d := newDeflater()
	greetings := d.text("welcome, welcome") + d.text("welcome, you") + d.text("welcome, all")
	snapshot := newDeflater()
	afterSnapshot := snapshot.text(hexText(300<<10)) + snapshot.text("the answer")
	lost := newDeflater()
	afterBomb := lost.text(strings.Repeat("x", maxInflated+1)) + lost.text("the answer") + lost.text("")
	for _, c := range []struct {
		name   string
		reason Reason
		after  string // the 101
		set    func(*Prober)
		says   string
	}{
		{"the third message", OK, greetings, expectingDeflate("^welcome, all$"), ""},
		{"none of them", WrongReply, greetings, expectingDeflate("bye"), `got 3 messages, the last "welcome, all"`},
		{"a message after a long one", OK, afterSnapshot, expectingDeflate("^the answer$"), ""},
		{"the first of a bomb", OK, afterBomb, expectingDeflate("^xxx"), ""},
		{"a message after a bomb", WrongReply, afterBomb, expectingDeflate("^the answer$|^$"), ", 2 messages not inflated after 16 MiB, got one message"},
		{"no compression after all", OK, text("plain"), expectingDeflate("^plain$"), ""},
		{"garbage", BadFrame, deflatedText("\xff\xff"), expectingDeflate("x"), "compressed data that does not inflate"},
		{"compression without an agreement", BadFrame, greetings, expecting("", "welcome"), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newProber(t, "")
			if c.set(p); c.reason == WrongReply {
				short(p)
			}
			head := acceptText
			if p.Deflate {
				head = acceptDeflateText
			}
			address, endings := testbed.Serve(t, "tcp4", testbed.AnswerText(head+c.after))
			p.URL.Host = address
			if verdict, _ := probe(t, p); verdict.Reason != c.reason || !strings.Contains(verdict.Detail, c.says) || len(verdict.String()) > 512 {
				t.Errorf("%v, want %v with %q", verdict, c.reason, c.says)
			}
			wantPoliteClose(t, endings, true)
		})
	}
}

// TestPingAmidCompression: pings and pongs stand between the frames of a compressed message.
func TestPingAmidCompression(t *testing.T) {
	t.Parallel()
	address, endings := testbed.Serve(t, "tcp4", func(p *testbed.Peer) {
		p.ReadRequest()
		p.Answer(acceptDeflateText)
		_, ping := p.ReadFrame()
		io.WriteString(p, rsv1(testbed.Fragment(testbed.OpText, hello[:2]))+testbed.Frame(testbed.OpPing, "mine"))
		if op, payload := p.ReadFrame(); op != testbed.OpPong || string(payload) != "mine" {
			p.Errorf("the prober answered %v %q, want the Pong", op, payload)
		}
		io.WriteString(p, testbed.Fragment(testbed.OpContinuation, hello[2:])+pong(string(ping)))
	})
	p := newProber(t, address)
	offersDeflate(p)
	withPing(p)
	if verdict, _ := probe(t, p); !verdict.Healthy() {
		t.Error(verdict)
	}
	wantPoliteClose(t, endings, true)
}

// TestCompressingServer: a server of coder/websocket compresses every message when that is offered, with its context taken over or not.
func TestCompressingServer(t *testing.T) {
	t.Parallel()
	for _, mode := range []websocket.CompressionMode{websocket.CompressionContextTakeover, websocket.CompressionNoContextTakeover, websocket.CompressionDisabled} {
		agreed := make(chan string, 1)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: mode, CompressionThreshold: 1})
			if err != nil {
				return
			}
			agreed <- w.Header().Get("Sec-WebSocket-Extensions")
			for i := range 5 {
				conn.Write(r.Context(), websocket.MessageText, fmt.Appendf(nil, "%d green bottles hanging on the wall", 10-i))
			}
			conn.Read(r.Context())
		}))
		defer server.Close()
		for _, deflate := range []bool{true, false} {
			p := newProber(t, server.Listener.Addr().String())
			expectingDeflate("^6 green bottles")(p)
			p.Deflate = deflate
			var got []string
			p.Trace = func(m Message) { got = append(got, m.Payload.String()) }
			verdict := p.Probe(t.Context())
			if extension := <-agreed; (extension != "") != (deflate && mode != websocket.CompressionDisabled) {
				t.Errorf("mode %v, offered: %v: the server agreed on %q", mode, deflate, extension)
			}
			if !verdict.Healthy() || !slices.Equal(got, []string{`"10 green bottles hanging on the wall"`, `"9 green bottles hanging on the wall"`, `"8 green bottles hanging on the wall"`, `"7 green bottles hanging on the wall"`, `"6 green bottles hanging on the wall"`}) {
				t.Errorf("mode %v, offered: %v: %v, messages %q", mode, deflate, verdict, got)
			}
			p.Wait(context.Background())
		}
	}
}

// TestTextInflatedInPart: that inflation stops within a character says nothing of the text.
func TestTextInflatedInPart(t *testing.T) {
	t.Parallel()
	long := inOneBlock("a"+strings.Repeat("é", (maxInflated+1<<20)/2), "") + "\x00"
	address, _ := testbed.Serve(t, "tcp4", testbed.AnswerText(acceptDeflateText+deflatedText(long)+text("after")))
	p := newProber(t, address)
	offersDeflate(p)
	p.Dialogue = &Dialogue{Want: "after", Expect: func(message []byte) bool { return string(message) == "after" }}
	if verdict, _ := probe(t, p); !verdict.Healthy() {
		t.Error(verdict)
	}
}
