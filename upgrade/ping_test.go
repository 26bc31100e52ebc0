package upgrade

import (
	"io"
	"strings"
	"testing"

	"wshealthz/internal/testbed"
)

func always(text string) func(string) string { return func(string) string { return text } }

func withPing(p *Prober) { p.Dialogue = Ping() }

func withShortPing(p *Prober) { withPing(p); short(p) }

// pingServers answer a Ping rightly in their own way, or wrongly in one.
var pingServers = []struct {
	name   string
	reason Reason
	reply  func(ping string) string
	slow   bool
	says   string
}{
	{name: "a pong", reply: pong},
	{name: "an empty pong", reply: func(string) string { return pong("") }},
	{name: "text first", reply: func(ping string) string { return text("welcome") + pong(ping) }},
	{name: "fragments around it", reply: func(ping string) string {
		return testbed.Fragment(testbed.OpText, "a") + pong(ping) + testbed.Frame(testbed.OpContinuation, "b")
	}},
	{name: "an unsolicited pong first", reply: func(ping string) string { return pong("other") + pong(ping) }},
	{name: "1 MB first", reply: func(ping string) string { return text(strings.Repeat("x", 1<<20)) + pong(ping) }},
	{name: "other pongs only", reason: ReplyTimeout, reply: always(pong("other")), slow: true, says: "waiting for a Pong"},
	{name: "text only", reason: ReplyTimeout, reply: always(text("hello")), slow: true, says: `got one message, "hello"`},
	{name: "silence", reason: ReplyTimeout, reply: always(""), slow: true, says: "waiting for a Pong"},
	{name: "Close 1011", reason: ClosedEarly, reply: always(testbed.CloseFrame(1011, "<oops>")), says: `Close 1011 "<oops>" from ws://`},
	{name: "Close 1013", reason: ClosedEarly, reply: always(testbed.CloseFrame(1013, "")), says: "Close 1013 from"},
	{name: "an empty Close", reason: ClosedEarly, reply: always("\x88\x00"), says: "Close without a code"},
	{name: "a Close of one byte", reason: ClosedEarly, reply: always("\x88\x01x"), says: "Close without a code"},
	{name: "masked", reason: BadFrame, reply: always("\x81\x81\x01\x02\x03\x04x")},
	{name: "a reserved bit", reason: BadFrame, reply: always("\xc1\x01x")},
	{name: "an unknown opcode", reason: BadFrame, reply: always("\x83\x01x")},
	{name: "an unknown control opcode", reason: BadFrame, reply: always("\x8b\x00")},
	{name: "a long control frame", reason: BadFrame, reply: always("\x89\x7e\x00\x7e" + strings.Repeat("x", 126))},
	{name: "a fragmented control frame", reason: BadFrame, reply: always("\x09\x00")},
	{name: "a continuation of nothing", reason: BadFrame, reply: always("\x80\x00")},
	{name: "a message within a message", reason: BadFrame, reply: always("\x01\x01a\x81\x01b")},
	{name: "a length with the top bit", reason: BadFrame, reply: always("\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff")},
	{name: "a length in two bytes too many", reason: BadFrame, reply: always("\x82\x7e\x00\x7d" + strings.Repeat("x", 125)), says: "shortest form"},
	{name: "a length in six bytes too many", reason: BadFrame, reply: always("\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff"), says: "shortest form"},
	{name: "a control frame with a longer length field", reason: BadFrame, reply: always("\x89\x7e\x00\x01x"), says: "shortest form"},
	{name: "text that is not UTF-8", reason: BadFrame, reply: always(text("a\xff")), says: "not UTF-8"},
	{name: "text that ends within a character", reason: BadFrame, reply: always(text("a\xe2\x82")), says: "not UTF-8"},
	{name: "text that is not UTF-8 far behind what is kept", reason: BadFrame, reply: always(text(strings.Repeat("é", 1<<16) + "\xff")), says: "not UTF-8"},
	{name: "a character in two fragments", reply: func(ping string) string {
		return testbed.Fragment(testbed.OpText, "a\xe2\x82") + testbed.Frame(testbed.OpContinuation, "\xac") + pong(ping)
	}},
	{name: "binary that is not UTF-8", reply: func(ping string) string { return testbed.Frame(testbed.OpBinary, "\xff") + pong(ping) }},
	{name: "a close reason that is not UTF-8", reason: BadFrame, reply: always(testbed.CloseFrame(1011, "\xff")), says: "not UTF-8"},
	{name: "a length of 2^62", reason: ReplyTimeout, reply: always("\x82\x7f\x40\x00\x00\x00\x00\x00\x00\x00abc"), slow: true, says: "waiting for a Pong"},
}

func TestPing(t *testing.T) {
	t.Parallel()
	for _, c := range pingServers {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address, closings := testbed.Serve(t, "tcp4", answersPing(c.reply))
			p := newProber(t, address)
			if withPing(p); c.slow {
				short(p)
			}
			verdict, _ := probe(t, p)
			if verdict.Reason != c.reason || !strings.Contains(verdict.Detail, c.says) {
				t.Errorf("%v, want %v with %q", verdict, c.reason, c.says)
			}
			wantPoliteClose(t, closings, true)
		})
	}
}

// TestPingOddities plays the servers that a row of pingServers cannot.
func TestPingOddities(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		reason Reason
		script testbed.Script
		set    func(*Prober)
		says   string
	}{
		{"pong one byte at a time", OK, func(p *testbed.Peer) {
			p.ReadRequestAndAccept()
			_, ping := p.ReadFrame()
			p.TCP.SetNoDelay(true)
			for _, b := range []byte(pong(string(ping))) {
				p.Write([]byte{b})
			}
		}, withPing, ""},
		{"demands its own pong first", OK, func(p *testbed.Peer) {
			p.ReadRequestAndAccept()
			io.WriteString(p, testbed.Frame(testbed.OpPing, "mine"))
			_, ping := p.ReadFrame()
			if op, payload := p.ReadFrame(); op != testbed.OpPong || string(payload) != "mine" {
				p.Errorf("the prober answered %v %q, want the Pong", op, payload)
			}
			io.WriteString(p, pong(string(ping)))
		}, withPing, ""},
		{"EOF", ClosedEarly, func(p *testbed.Peer) { p.ReadRequestAndAccept(); p.ReadFrame(); p.CloseWrite() }, withPing, "closed the connection"},
		{"reset", ClosedEarly, func(p *testbed.Peer) { p.ReadRequestAndAccept(); p.ReadFrame(); p.Reset() }, withPing, "reset the connection"},
		{"EOF within a frame", ClosedEarly, func(p *testbed.Peer) {
			p.ReadRequestAndAccept()
			p.ReadFrame()
			io.WriteString(p, "\x8a\x08abc")
			p.CloseWrite()
		}, withPing, "closed the connection"},
		{"a flood without a pong", ReplyTimeout, func(p *testbed.Peer) {
			p.ReadRequestAndAccept()
			flood(p, text("flood"))
		}, withShortPing, "the last \"flood\""},
		{"a message without an end", ReplyTimeout, func(p *testbed.Peer) {
			p.ReadRequestAndAccept()
			io.WriteString(p, testbed.Fragment(testbed.OpText, "x"))
			flood(p, testbed.Fragment(testbed.OpContinuation, "flood"))
		}, withShortPing, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address, _ := testbed.Serve(t, "tcp4", c.script)
			p := newProber(t, address)
			c.set(p)
			if verdict, _ := probe(t, p); verdict.Reason != c.reason || !strings.Contains(verdict.Detail, c.says) {
				t.Errorf("%v, want %v with %q", verdict, c.reason, c.says)
			}
		})
	}
}

// TestPingOverTLS: frames and the leaving go through TLS.
func TestPingOverTLS(t *testing.T) {
	t.Parallel()
	pair := testbed.Certificate{}.Make(t)
	address, closings := testbed.Serve(t, "tcp4", testbed.TLS(pair.ServerConfig(), answersPing(pong)))
	p := trusting(newProber(t, address), pair.Pool())
	withPing(p)
	if verdict, _ := probe(t, p); !verdict.Healthy() || verdict.Took[Exchange] == 0 {
		t.Errorf("%v, want ok and a time for the exchange", verdict)
	}
	wantPoliteClose(t, closings, true)
}
