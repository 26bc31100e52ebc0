package upgrade

import (
	"io"
	"strings"
	"testing"

	"wshealthz/internal/testbed"
)

// A wrong server is wrong in exactly one way.
type wrongServer struct {
	name     string
	reason   Reason
	script   testbed.Script
	upgraded bool          // a 101 was sent: the prober must close with Close 1001
	set      func(*Prober) // what the configuration asks for, beyond the target
	says     string        // must be in the detail
}

func subprotocols(names ...string) func(*Prober) {
	return func(p *Prober) { p.Subprotocols = names }
}

var wrongServers = []wrongServer{
	{name: "closes at once", reason: HungUp, script: func(p *testbed.Peer) { p.CloseWrite(); p.ReadRequest() }, says: "closed the connection"},
	{name: "resets", reason: HungUp, script: func(p *testbed.Peer) { p.ReadRequest(); p.Reset() }, says: "reset"},
	{name: "half a head", reason: HungUp, script: func(p *testbed.Peer) { p.ReadRequest(); io.WriteString(p, "HTTP/1.1 101 Sw"); p.CloseWrite() }, says: "15 bytes received"},
	{name: "silent", reason: UpgradeTimeout, script: func(p *testbed.Peer) { p.ReadRequest() }, set: short, says: "(0 bytes received): timed out after 2s"},
	{name: "half a head, then silent", reason: UpgradeTimeout, script: func(p *testbed.Peer) { p.ReadRequest(); io.WriteString(p, "HTTP/1.1 101 S\r\nUpgr") }, set: short, says: "(20 bytes received): timed out after 2s"},
	{name: "an SSH banner", reason: NotHTTP, script: func(p *testbed.Peer) { io.WriteString(p, "SSH-2.0-OpenSSH_9.2p1\r\n"); p.ReadRequest() }, says: "SSH-2.0"},
	{name: "garbage", reason: NotHTTP, script: testbed.AnswerText("\x00\xff\x1b[31m\n"), says: `\x00`},
	{name: "HTTP/2", reason: NotHTTP, script: testbed.AnswerHead("HTTP/2 101 Switching Protocols")},
	{name: "a status of two digits", reason: NotHTTP, script: testbed.AnswerHead("HTTP/1.1 10 Switching")},
	{name: "a status of four digits", reason: NotHTTP, script: testbed.AnswerHead("HTTP/1.1 1012 Switching")},
	{name: "TLS where plain is expected", reason: NotHTTP, script: testbed.AnswerText("\x15\x03\x01\x00\x02\x02\x46")},
	{name: "200", reason: BadStatus, script: testbed.AnswerHead("HTTP/1.1 200 OK", "Content-Length: 0"), says: "200 OK from ws://"},
	{name: "a redirect", reason: BadStatus, script: testbed.AnswerHead("HTTP/1.1 301 Moved Permanently", "Location: http://x/"), says: `Location "http://x/"`},
	{name: "403 with a body", reason: BadStatus, script: testbed.AnswerText("HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\n<nope>"), says: `body "<nope>"`},
	{name: "a chunked body", reason: BadStatus, script: testbed.AnswerText("HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nboom\r\n0\r\n\r\n"), says: `500 "Oops" from`},
	{name: "a hostile phrase", reason: BadStatus, script: testbed.AnswerHead("HTTP/1.1 404 \xff<script>"), says: `404 "\xff<script>" from`},
	{name: "no Upgrade", reason: BadHeader, upgraded: true, script: testbed.AnswerHead("HTTP/1.1 101 X", "Connection: Upgrade", "Sec-WebSocket-Accept: {accept}"), says: "no Upgrade"},
	{name: "two Upgrades", reason: BadHeader, upgraded: true, script: testbed.Accept("Upgrade: websocket\r\nUpgrade: websocket"), says: "2 Upgrade fields"},
	{name: "Upgrade: h2c", reason: BadHeader, upgraded: true, script: testbed.Accept("Upgrade: h2c"), says: `Upgrade "h2c"`},
	{name: "Upgrade as a list", reason: BadHeader, upgraded: true, script: testbed.Accept("Upgrade: websocket, h2c")},
	{name: "no Connection", reason: BadHeader, upgraded: true, script: testbed.AnswerHead("HTTP/1.1 101 X", "Upgrade: websocket", "Sec-WebSocket-Accept: {accept}")},
	{name: "Connection: close alone", reason: BadHeader, upgraded: true, script: testbed.Accept("Connection: close")},
	{name: "Connection: upgraded", reason: BadHeader, upgraded: true, script: testbed.Accept("Connection: upgraded")},
	{name: "a line without a colon", reason: BadHeader, upgraded: true, script: testbed.Accept("nonsense"), says: `"nonsense"`},
	{name: "a name with a space", reason: BadHeader, upgraded: true, script: testbed.Accept("a b: c")},
	{name: "an empty name", reason: BadHeader, upgraded: true, script: testbed.Accept(": c")},
	{name: "a NUL in a value", reason: BadHeader, upgraded: true, script: testbed.Accept("X: \x00")},
	{name: "a fold before any field", reason: BadHeader, upgraded: true, script: testbed.AnswerHead("HTTP/1.1 101 X", " folded", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: {accept}")},
	{name: "no accept", reason: BadAccept, upgraded: true, script: testbed.AnswerHead("HTTP/1.1 101 X", "Upgrade: websocket", "Connection: Upgrade"), says: "no Sec-WebSocket-Accept"},
	{name: "another accept", reason: BadAccept, upgraded: true, script: testbed.Accept("Sec-WebSocket-Accept: dGhlIHNhbXBsZSBub25jZQ==")},
	{name: "accept in another case", reason: BadAccept, upgraded: true, script: func(p *testbed.Peer) {
		p.Answer(strings.ReplaceAll(acceptText, "{accept}", strings.ToLower(p.ReadRequest())))
	}},
	{name: "two accepts", reason: BadAccept, upgraded: true, script: testbed.Accept("Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Accept: {accept}")},
	{name: "a subprotocol nobody asked for", reason: BadSubprotocol, upgraded: true, script: testbed.Accept("Sec-WebSocket-Protocol: chat"), says: "want none"},
	{name: "no subprotocol", reason: BadSubprotocol, upgraded: true, script: testbed.Accept(), set: subprotocols("mqtt"), says: `want one of ["mqtt"]`},
	{name: "another subprotocol", reason: BadSubprotocol, upgraded: true, script: testbed.Accept("Sec-WebSocket-Protocol: amqp"), set: subprotocols("mqtt")},
	{name: "a subprotocol in another case", reason: BadSubprotocol, upgraded: true, script: testbed.Accept("Sec-WebSocket-Protocol: MQTT"), set: subprotocols("mqtt")},
	{name: "both subprotocols", reason: BadSubprotocol, upgraded: true, script: testbed.Accept("Sec-WebSocket-Protocol: a, b"), set: subprotocols("a", "b")},
	{name: "a subprotocol twice", reason: BadSubprotocol, upgraded: true, script: testbed.Accept("Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: a"), set: subprotocols("a", "b")},
	{name: "an extensions field without one", reason: BadExtension, upgraded: true, script: testbed.Accept("Sec-WebSocket-Extensions:"), says: `"", want none`},
	{name: "a phrase without a space", reason: NotHTTP, script: testbed.Accept("HTTP/1.1 101Switching")},
	{name: "a 100 first", reason: BadStatus, script: testbed.AnswerText("HTTP/1.1 100 Continue\r\n\r\n" + acceptText), says: "100 Continue from"},
	{name: "a 103 first", reason: BadStatus, script: testbed.AnswerText("HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n" + acceptText), says: "103 Early Hints from"},
	{name: "white space in front of a colon", reason: BadHeader, upgraded: true, script: testbed.Accept("X-Powered-By : something"), says: "nginx refuses white space"},
	{name: "Upgrade in a quoted string", reason: BadHeader, upgraded: true, script: testbed.Accept(`Connection: "close, Upgrade"`)},
	{name: "two lengths", reason: BadHeader, upgraded: true, script: testbed.Accept("Content-Length: 5\r\nContent-Length: 6"), says: "Content-Length fields that differ"},
	{name: "two locations", reason: BadHeader, upgraded: true, script: testbed.Accept("Location: /a\r\nLocation: /b"), says: "Location fields that differ"},
	{name: "two dispositions", reason: BadHeader, upgraded: true, script: testbed.Accept("Content-Disposition: a\r\nContent-Disposition: b"), says: "Content-Disposition fields that differ"},
	{name: "a NUL in the status line", reason: NotHTTP, script: testbed.Accept("HTTP/1.1 101 Switching\x00Protocols")},
	{name: "a bare CR in the status line", reason: BadHeader, upgraded: true, script: testbed.Accept("HTTP/1.1 101 Switching\rProtocols"), says: "a bare CR in the status line"},
	{name: "an extension", reason: BadExtension, upgraded: true, script: testbed.Accept("Sec-WebSocket-Extensions: permessage-deflate"), says: `"permessage-deflate", want none`},
	{name: "another extension", reason: BadExtension, upgraded: true, script: testbed.Accept("Sec-WebSocket-Extensions: x-webkit-deflate-frame"), set: offersDeflate, says: "x-webkit-deflate-frame"},
}

// TestWrongServers tests the reasons of the phase upgrade, and how each connection is closed.
func TestWrongServers(t *testing.T) {
	t.Parallel()
	for _, c := range wrongServers {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address, closings := testbed.Serve(t, "tcp4", c.script)
			p := newProber(t, address)
			if c.set != nil {
				c.set(p)
			}
			verdict, _ := probe(t, p)
			if verdict.Reason != c.reason || !strings.Contains(verdict.Detail, c.says) {
				t.Errorf("%v, want %v with %q", verdict, c.reason, c.says)
			}
			if c.name != "resets" {
				wantPoliteClose(t, closings, c.upgraded)
			}
		})
	}
}
