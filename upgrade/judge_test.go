package upgrade

import (
	"io"
	"strings"
	"testing"
)

// A wrong server is wrong in exactly one way.
type wrongServer struct {
	name     string
	reason   Reason
	script   script
	upgraded bool          // a 101 was sent: the prober must close with Close 1001
	set      func(*Prober) // what the configuration asks for, beyond the target
	says     string        // must be in the detail
}

func subprotocols(names ...string) func(*Prober) {
	return func(p *Prober) { p.Subprotocols = names }
}

var wrongServers = []wrongServer{
	{name: "closes at once", reason: HungUp, script: func(p *peer) { p.tcp.CloseWrite(); p.readRequest() }, says: "closed the connection"},
	{name: "resets", reason: HungUp, script: func(p *peer) { p.readRequest(); p.reset() }, says: "reset"},
	{name: "half a head", reason: HungUp, script: func(p *peer) { p.readRequest(); io.WriteString(p, "HTTP/1.1 101 Sw"); p.tcp.CloseWrite() }, says: "15 bytes received"},
	{name: "silent", reason: UpgradeTimeout, script: func(p *peer) { p.readRequest() }, set: short, says: "(0 bytes received): timed out after 2s"},
	{name: "half a head, then silent", reason: UpgradeTimeout, script: func(p *peer) { p.readRequest(); io.WriteString(p, "HTTP/1.1 101 S\r\nUpgr") }, set: short, says: "(20 bytes received): timed out after 2s"},
	{name: "an SSH banner", reason: NotHTTP, script: func(p *peer) { io.WriteString(p, "SSH-2.0-OpenSSH_9.2p1\r\n"); p.readRequest() }, says: "SSH-2.0"},
	{name: "garbage", reason: NotHTTP, script: answersRaw("\x00\xff\x1b[31m\n"), says: `\x00`},
	{name: "HTTP/2", reason: NotHTTP, script: answersWith("HTTP/2 101 Switching Protocols")},
	{name: "a status of two digits", reason: NotHTTP, script: answersWith("HTTP/1.1 10 Switching")},
	{name: "a status of four digits", reason: NotHTTP, script: answersWith("HTTP/1.1 1012 Switching")},
	{name: "TLS where plain is expected", reason: NotHTTP, script: answersRaw("\x15\x03\x01\x00\x02\x02\x46")},
	{name: "200", reason: BadStatus, script: answersWith("HTTP/1.1 200 OK", "Content-Length: 0"), says: "200 OK from ws://"},
	{name: "a redirect", reason: BadStatus, script: answersWith("HTTP/1.1 301 Moved Permanently", "Location: http://x/"), says: `Location "http://x/"`},
	{name: "403 with a body", reason: BadStatus, script: answersRaw("HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\n<nope>"), says: `body "<nope>"`},
	{name: "a chunked body", reason: BadStatus, script: answersRaw("HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nboom\r\n0\r\n\r\n"), says: `500 "Oops" from`},
	{name: "a hostile phrase", reason: BadStatus, script: answersWith("HTTP/1.1 404 \xff<script>"), says: `404 "\xff<script>" from`},
	{name: "no Upgrade", reason: BadHeader, upgraded: true, script: answersWith("HTTP/1.1 101 X", "Connection: Upgrade", "Sec-WebSocket-Accept: {accept}"), says: "no Upgrade"},
	{name: "two Upgrades", reason: BadHeader, upgraded: true, script: acceptsWith("Upgrade: websocket\r\nUpgrade: websocket"), says: "2 Upgrade fields"},
	{name: "Upgrade: h2c", reason: BadHeader, upgraded: true, script: acceptsWith("Upgrade: h2c"), says: `Upgrade "h2c"`},
	{name: "Upgrade as a list", reason: BadHeader, upgraded: true, script: acceptsWith("Upgrade: websocket, h2c")},
	{name: "no Connection", reason: BadHeader, upgraded: true, script: answersWith("HTTP/1.1 101 X", "Upgrade: websocket", "Sec-WebSocket-Accept: {accept}")},
	{name: "Connection: close alone", reason: BadHeader, upgraded: true, script: acceptsWith("Connection: close")},
	{name: "Connection: upgraded", reason: BadHeader, upgraded: true, script: acceptsWith("Connection: upgraded")},
	{name: "a line without a colon", reason: BadHeader, upgraded: true, script: acceptsWith("nonsense"), says: `"nonsense"`},
	{name: "a name with a space", reason: BadHeader, upgraded: true, script: acceptsWith("a b: c")},
	{name: "an empty name", reason: BadHeader, upgraded: true, script: acceptsWith(": c")},
	{name: "a NUL in a value", reason: BadHeader, upgraded: true, script: acceptsWith("X: \x00")},
	{name: "a fold before any field", reason: BadHeader, upgraded: true, script: answersWith("HTTP/1.1 101 X", " folded", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: {accept}")},
	{name: "no accept", reason: BadAccept, upgraded: true, script: answersWith(acceptHead[:3]...), says: "no Sec-WebSocket-Accept"},
	{name: "another accept", reason: BadAccept, upgraded: true, script: acceptsWith("Sec-WebSocket-Accept: dGhlIHNhbXBsZSBub25jZQ==")},
	{name: "accept in another case", reason: BadAccept, upgraded: true, script: func(p *peer) {
		accept := p.readRequest()
		p.upgraded = true
		io.WriteString(p, strings.Join(acceptHead[:3], "\r\n")+"\r\nSec-WebSocket-Accept: "+strings.ToLower(accept)+"\r\n\r\n")
	}},
	{name: "two accepts", reason: BadAccept, upgraded: true, script: acceptsWith("Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Accept: {accept}")},
	{name: "a subprotocol nobody asked for", reason: BadSubprotocol, upgraded: true, script: acceptsWith("Sec-WebSocket-Protocol: chat"), says: "want none"},
	{name: "no subprotocol", reason: BadSubprotocol, upgraded: true, script: accepts, set: subprotocols("mqtt"), says: `want one of ["mqtt"]`},
	{name: "another subprotocol", reason: BadSubprotocol, upgraded: true, script: acceptsWith("Sec-WebSocket-Protocol: amqp"), set: subprotocols("mqtt")},
	{name: "a subprotocol in another case", reason: BadSubprotocol, upgraded: true, script: acceptsWith("Sec-WebSocket-Protocol: MQTT"), set: subprotocols("mqtt")},
	{name: "both subprotocols", reason: BadSubprotocol, upgraded: true, script: acceptsWith("Sec-WebSocket-Protocol: a, b"), set: subprotocols("a", "b")},
	{name: "a subprotocol twice", reason: BadSubprotocol, upgraded: true, script: acceptsWith("Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: a"), set: subprotocols("a", "b")},
	{name: "an extension", reason: BadExtension, upgraded: true, script: acceptsWith("Sec-WebSocket-Extensions: permessage-deflate"), says: "permessage-deflate"},
}

// TestWrongServers tests the reasons of the phase upgrade, and how each connection is closed.
func TestWrongServers(t *testing.T) {
	t.Parallel()
	for _, c := range wrongServers {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address, endings := play(t, "tcp4", c.script)
			p := newProber(t, address)
			if c.set != nil {
				c.set(p)
			}
			verdict, _ := probe(t, p)
			if verdict.Reason != c.reason || !strings.Contains(verdict.Detail, c.says) {
				t.Errorf("%v, want %v with %q", verdict, c.reason, c.says)
			}
			if c.name != "resets" {
				wantPoliteClose(t, endings, c.upgraded)
			}
		})
	}
}
