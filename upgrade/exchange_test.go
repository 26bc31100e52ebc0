package upgrade

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// frame is one unmasked frame, as servers send it.
func frame(op ws.OpCode, fin bool, payload string) string {
	return string(ws.MustCompileFrame(ws.NewFrame(op, fin, []byte(payload))))
}

// hear reads one frame of the prober and returns its payload, unmasked.
func (p *peer) hear() (op ws.OpCode, payload []byte) {
	header, err := ws.ReadHeader(p)
	if err != nil || !header.Masked || header.Length > 1<<16 {
		return 0, nil
	}
	payload = make([]byte, header.Length)
	if _, err := io.ReadFull(p, payload); err != nil {
		return 0, nil
	}
	ws.Cipher(payload, header.Mask, 0)
	return header.OpCode, payload
}

// pongs is a script that opens, hears the Ping, and writes what reply makes of it.
func pongs(reply func(ping string) string) script {
	return func(p *peer) {
		p.say(right...)
		op, payload := p.hear()
		if op == ws.OpPing {
			io.WriteString(p, reply(string(payload)))
		}
	}
}

func always(text string) func(string) string { return func(string) string { return text } }

func pong(payload string) string { return frame(ws.OpPong, true, payload) }

func closeFrame(code ws.StatusCode, reason string) string {
	return string(ws.MustCompileFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(code, reason))))
}

func asPing(p *Prober) { p.Dialogue = Ping() }

func shortPing(p *Prober) { asPing(p); short(p) }

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
		return frame(ws.OpText, false, "a") + pong(ping) + frame(ws.OpContinuation, true, "b")
	}},
	{name: "an unsolicited pong first", reply: func(ping string) string { return pong("other") + pong(ping) }},
	{name: "1 MB first", reply: func(ping string) string { return text(strings.Repeat("x", 1<<20)) + pong(ping) }},
	{name: "other pongs only", reason: ReplyTimeout, reply: always(pong("other")), slow: true},
	{name: "text only", reason: ReplyTimeout, reply: always(text("hello")), slow: true, says: `1 messages came, the last "hello"`},
	{name: "silence", reason: ReplyTimeout, reply: always(""), slow: true, says: "waiting for a Pong"},
	{name: "Close 1011", reason: ClosedEarly, reply: always(closeFrame(1011, "<oops>")), says: `Close 1011 "<oops>" from ws://`},
	{name: "Close 1013", reason: ClosedEarly, reply: always(closeFrame(1013, "")), says: "Close 1013 from"},
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
	{name: "a length of 2^62", reason: ReplyTimeout, reply: always("\x82\x7f\x40\x00\x00\x00\x00\x00\x00\x00abc"), slow: true},
}

func TestPing(t *testing.T) {
	for _, c := range pingServers {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address, endings := play(t, "tcp4", pongs(c.reply))
			p := prober(t, address)
			if asPing(p); c.slow {
				short(p)
			}
			verdict, _ := ask(t, p)
			if verdict.Reason != c.reason || !strings.Contains(verdict.Detail, c.says) {
				t.Errorf("%v, want %v with %q", verdict, c.reason, c.says)
			}
			politely(t, endings, true)
		})
	}
}

// TestPingOddities are the servers that a table row cannot play.
func TestPingOddities(t *testing.T) {
	for _, c := range []struct {
		name   string
		reason Reason
		script script
		set    func(*Prober)
		says   string
	}{
		{"pong one byte at a time", OK, func(p *peer) {
			p.say(right...)
			_, ping := p.hear()
			p.tcp.SetNoDelay(true)
			for _, b := range []byte(pong(string(ping))) {
				p.Write([]byte{b})
			}
		}, asPing, ""},
		{"demands its own pong first", OK, func(p *peer) {
			p.say(right...)
			io.WriteString(p, frame(ws.OpPing, true, "mine"))
			_, ping := p.hear()
			if op, payload := p.hear(); op == ws.OpPong && string(payload) == "mine" {
				io.WriteString(p, pong(string(ping)))
			}
		}, asPing, ""},
		{"EOF", ClosedEarly, func(p *peer) { p.say(right...); p.hear(); p.tcp.CloseWrite() }, asPing, "closed the connection"},
		{"reset", ClosedEarly, func(p *peer) { p.say(right...); p.hear(); p.tcp.SetLinger(0); p.Close(); deaf(p) }, asPing, "reset the connection"},
		{"EOF within a frame", ClosedEarly, func(p *peer) { p.say(right...); p.hear(); io.WriteString(p, "\x8a\x08abc"); p.tcp.CloseWrite() }, asPing, "closed the connection"},
		{"a flood without a pong", ReplyTimeout, func(p *peer) {
			p.say(right...)
			deaf(p)
			io.Copy(p.tcp, struct{ io.Reader }{forever(strings.Repeat(text("flood"), 100))})
		}, shortPing, "the last \"flood\""},
		{"a message without an end", ReplyTimeout, func(p *peer) {
			p.say(right...)
			deaf(p)
			io.WriteString(p, frame(ws.OpText, false, "x"))
			io.Copy(p.tcp, struct{ io.Reader }{forever(strings.Repeat(frame(ws.OpContinuation, false, "flood"), 100))})
		}, shortPing, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address, _ := play(t, "tcp4", c.script)
			p := prober(t, address)
			c.set(p)
			if verdict, _ := ask(t, p); verdict.Reason != c.reason || !strings.Contains(verdict.Detail, c.says) {
				t.Errorf("%v, want %v with %q", verdict, c.reason, c.says)
			}
		})
	}
}

// TestPingOverTLS: frames and the leaving go through TLS.
func TestPingOverTLS(t *testing.T) {
	t.Parallel()
	pair, roots := certify(t, hour())
	address, endings := play(t, "tcp4", secured(&tls.Config{Certificates: []tls.Certificate{pair}}, pongs(pong)))
	p := trusting(prober(t, address), roots)
	asPing(p)
	if verdict, _ := ask(t, p); !verdict.Healthy() || verdict.Took[Exchange] == 0 {
		t.Errorf("%v, want ok and a time for the exchange", verdict)
	}
	politely(t, endings, true)
}

// expecting sets what WSHEALTHZ_SEND and WSHEALTHZ_EXPECT say.
func expecting(send, expect string) func(*Prober) {
	return func(p *Prober) {
		p.Dialogue = &Dialogue{Want: "a match", Expect: regexp.MustCompile(expect).Match, Secret: true}
		if send != "" {
			p.Dialogue.First = []byte(send)
		}
		p.Timeout = 700 * time.Millisecond
	}
}

func TestSendAndExpect(t *testing.T) {
	echo := func(p *peer) {
		p.say(right...)
		io.WriteString(p, text("welcome"))
		op, payload := p.hear()
		io.WriteString(p, frame(op, true, "echo of "+string(payload)))
	}
	for _, c := range []struct {
		name   string
		reason Reason
		script script
		set    func(*Prober)
		says   string
	}{
		{"the first message", OK, answers(text("welcome")), expecting("", "^welcome$"), ""},
		{"a later message", OK, answers(text("a") + text("b") + text("welcome")), expecting("", "come"), ""},
		{"over fragments", OK, answers(frame(ws.OpText, false, "wel") + frame(ws.OpContinuation, true, "come")), expecting("", "^welcome$"), ""},
		{"an answer", OK, echo, expecting("hello", "^echo of hello$"), ""},
		{"not over two messages", WrongReply, answers(text("wel") + text("come")), expecting("", "welcome"), `2 messages came, the last "come"`},
		{"within 64 KiB", OK, answers(text(strings.Repeat("x", maxKept-1) + "y")), expecting("", "y$"), ""},
		{"not behind 64 KiB", WrongReply, answers(text(strings.Repeat("x", maxKept) + "y")), expecting("", "y"), ""},
		{"another answer", WrongReply, echo, expecting("hello", "goodbye"), `the last "echo of ..."`},
		{"no answer", ReplyTimeout, says(right...), expecting("hello", "x"), "waiting for a match"},
		{"hostile text", WrongReply, answers(text("\x1b[31m<script>\n" + strings.Repeat("x", 300))), expecting("", "y"), `\x1b[31m<script>\n`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address, endings := play(t, "tcp4", c.script)
			p := prober(t, address)
			if c.set(p); c.reason == OK {
				p.Timeout = patience
			}
			if verdict, _ := ask(t, p); verdict.Reason != c.reason || !strings.Contains(verdict.Detail, c.says) || len(verdict.String()) > 512 {
				t.Errorf("%v, want %v with %q", verdict, c.reason, c.says)
			}
			if c.script != nil && c.name != "no answer" {
				politely(t, endings, true)
			}
		})
	}
}

// TestTrace: each message is traced once, in order, and WSHEALTHZ_SEND's only when secrets may be shown.
func TestTrace(t *testing.T) {
	t.Parallel()
	for _, showSecrets := range []bool{false, true} {
		address, _ := play(t, "tcp4", func(p *peer) {
			p.say(right...)
			p.hear()
			io.WriteString(p, frame(ws.OpPing, true, "p")+text("yes, s3cret"))
		})
		p := prober(t, address)
		expecting("s3cret", "yes")(p)
		p.Timeout, p.ShowSecrets = patience, showSecrets
		var got []string
		p.Trace = func(m Message) { got = append(got, fmt.Sprint(m.Sent, " ", m.Redacted, " ", m.Type, m.Payload)) }
		ask(t, p)
		want := []string{`true true text`, `false false ping"p"`, `true false pong"p"`, `false false text"yes, ..."`}
		if showSecrets {
			want[0], want[3] = `true false text"s3cret"`, `false false text"yes, s3cret"`
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// FuzzFrames: no bytes of a server make the reader panic, or keep more than it may.
func FuzzFrames(f *testing.F) {
	f.Add([]byte(text("a") + pong("b") + closeFrame(1000, "c")))
	f.Add([]byte("\x82\x7f\x40\x00\x00\x00\x00\x00\x00\x00abc"))
	f.Add([]byte("\x01\x01a\x89\x00\x80\x01b"))
	f.Fuzz(func(t *testing.T, input []byte) {
		s := &session{Prober: new(Prober), rest: input, buf: make([]byte, 0, 16), conn: ended{}}
		for r := newReader(s); ; {
			m, err := r.next()
			if err != nil {
				return
			}
			if len(m.payload) > maxKept || m.op.IsControl() && len(m.payload) > 125 || len(m.payload) > len(input) {
				t.Fatalf("kept %d bytes of %d", len(m.payload), len(input))
			}
		}
	})
}

// varint is a remaining length of MQTT.
func varint(n int) string {
	var b bytes.Buffer
	for ; n >= 0x80; n >>= 7 {
		b.WriteByte(byte(n) | 0x80)
	}
	b.WriteByte(byte(n))
	return b.String()
}

func TestCutMQTT(t *testing.T) {
	long := "\x20" + varint(300) + strings.Repeat("x", 300)
	for stream, want := range map[string]int{"": 0, "\x20": 0, "\x20\x02\x00": 0, "\x20\x02\x00\x00": 4, "\x20\x02\x00\x00\x30": 4, long: 303, long[:200]: 0, "\x20\xff\xff\xff\xff\xff": 0} {
		packet, rest := cutMQTT([]byte(stream))
		if len(packet) != want || len(packet)+len(rest) != len(stream) {
			t.Errorf("%.20q: %d bytes cut off and %d left, want %d cut off", stream, len(packet), len(rest), want)
		}
	}
}
