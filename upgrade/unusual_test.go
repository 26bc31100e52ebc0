package upgrade

import (
	"crypto/tls"
	"io"
	"strings"
	"testing"
	"time"
)

// unusualServers are right, and must be ok: some client in the field serves its users with them.
var unusualServers = []struct {
	name    string
	network string // "": tcp4
	script  script
	set     func(*Prober)
}{
	{name: "names in upper case", script: answersWith("HTTP/1.1 101 X", "UPGRADE: websocket", "CONNECTION: Upgrade", "SEC-WEBSOCKET-ACCEPT: {accept}")},
	{name: "names in lower case", script: answersWith("HTTP/1.1 101 X", "upgrade: websocket", "connection: upgrade", "sec-websocket-accept: {accept}")},
	{name: "Upgrade: WebSocket", script: acceptsWith("Upgrade: WebSocket")},
	{name: "Connection as a list", script: acceptsWith("Connection: keep-alive, Upgrade")},
	{name: "Connection on two lines", script: acceptsWith("Connection: keep-alive\r\nConnection: Upgrade")},
	{name: "Connection with close", script: acceptsWith("Connection: close, upgrade")},
	{name: "Connection with empty items", script: acceptsWith("Connection: ,\t, UPGRADE ,")},
	{name: "no reason phrase", script: answersWith(append([]string{"HTTP/1.1 101 "}, acceptHead[1:]...)...)},
	{name: "no space after 101", script: answersWith(append([]string{"HTTP/1.1 101"}, acceptHead[1:]...)...)},
	{name: "a phrase without a space", script: answersWith(append([]string{"HTTP/1.1 101Switching"}, acceptHead[1:]...)...)},
	{name: "another phrase", script: answersWith(append([]string{"HTTP/1.1 101 Web Socket Protocol Handshake \xe2\x9c\x93"}, acceptHead[1:]...)...)},
	{name: "HTTP/1.0", script: answersWith(append([]string{"HTTP/1.0 101 Switching Protocols"}, acceptHead[1:]...)...)},
	{name: "HTTP/1.9", script: answersWith(append([]string{"HTTP/1.9 101 Switching Protocols"}, acceptHead[1:]...)...)},
	{name: "white space around values", script: acceptsWith("Upgrade: \t websocket \t", "Connection:Upgrade", "Sec-WebSocket-Accept:  \t{accept} \t ")},
	{name: "white space before a colon", script: acceptsWith("X-Powered-By : something")},
	{name: "bare LF", script: answersRaw(strings.Join(acceptHead, "\n") + "\n\n")},
	{name: "folded lines", script: acceptsWith("Connection: keep-alive,\r\n\tUpgrade", "X: a\r\n  b\r\n \r\n c")},
	{name: "15 kB of cookies", script: acceptsWith("Set-Cookie: " + strings.Repeat("0123456789abcde", 1000))},
	{name: "fifty fields", script: acceptsWith(strings.TrimSuffix(strings.Repeat("X-Field: value\r\n", 50), "\r\n"))},
	{name: "letters beyond ASCII in a value", script: acceptsWith("Server: caf\xe9 \xe2\x9c\x93")},
	{name: "an empty value", script: acceptsWith("X-Empty:")},
	{name: "an extensions field without one", script: acceptsWith("Sec-WebSocket-Extensions:")},
	{name: "Content-Length: 0", script: acceptsWith("Content-Length: 0")},
	{name: "Transfer-Encoding", script: acceptsWith("Transfer-Encoding: chunked")},
	{name: "103 first", script: answersRaw("HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n" + acceptText)},
	{name: "two 100s first", script: answersRaw(strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 2) + acceptText)},
	{name: "text in the same segment", script: acceptsAndWrites(text("welcome"))},
	{name: "a ping in the same segment", script: acceptsAndWrites("\x89\x02hi")},
	{name: "a Close in the same segment", script: acceptsAndWrites("\x88\x02\x03\xe8")},
	{name: "one byte a write", script: func(p *peer) {
		head := strings.ReplaceAll(acceptText, "{accept}", p.readRequest())
		p.upgraded = true
		p.tcp.SetNoDelay(true)
		for i := range len(head) {
			io.WriteString(p, head[i:i+1])
		}
	}},
	{name: "an answer after 800 ms", script: func(p *peer) {
		time.Sleep(800 * time.Millisecond) // the case is about time
		p.readAndAccept()
	}},
	{name: "localhost on IPv6 only", network: "tcp6", script: accepts, set: func(p *Prober) { p.URL.Host = "localhost:" + p.URL.Port() }},
	{name: "localhost on IPv4 only", script: accepts, set: func(p *Prober) { p.URL.Host = "Chat.LocalHost.:" + p.URL.Port() }},
	{name: "another address", script: accepts, set: func(p *Prober) { p.URL.Host, p.Address = "chat.invalid:"+p.URL.Port(), "127.0.0.1" }},
	{name: "the second of two subprotocols", script: acceptsWith("Sec-WebSocket-Protocol: v12.stomp"), set: subprotocols("v13.stomp", "v12.stomp")},
	{name: "never answers Close", script: func(p *peer) { p.readAndAccept(); p.endUnwatched(); io.Copy(io.Discard, p) }},
	{name: "never reads again", script: func(p *peer) { p.readAndAccept(); p.endUnwatched(); p.holdUntil(nil) }},
	{name: "a 1 MB first message", script: func(p *peer) { p.readAndAccept(); io.WriteString(p, text(strings.Repeat("x", 1<<20))) }},
	{name: "closes right after the 101", script: func(p *peer) { p.readAndAccept(); p.tcp.CloseWrite() }},
	{name: "resets right after the 101", script: func(p *peer) { p.readAndAccept(); p.reset() }},
}

func TestUnusualServersAreHealthy(t *testing.T) {
	t.Parallel()
	for _, c := range unusualServers {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			network := c.network
			if network == "" {
				network = "tcp4"
			}
			address, endings := play(t, network, c.script)
			p := newProber(t, address)
			if c.set != nil {
				c.set(p)
			}
			verdict, result := probe(t, p)
			if c.name == "resets right after the 101" && verdict.Reason == HungUp {
				t.Skip("the reset overtook the 101")
			}
			if !verdict.Healthy() {
				t.Errorf("%v, want ok", verdict)
			}
			want := map[string]CloseOutcome{
				"never answers Close": Reset, "never reads again": Reset, "resets right after the 101": ServerReset,
			}[c.name]
			if want == "" {
				want = ServerClosed
				wantPoliteClose(t, endings, true)
			}
			if result.Outcome != want {
				t.Errorf("closed: %s, want: %s", result.Outcome, want)
			}
		})
	}
}

// TestUnusualOverTLS: what is right stays right under TLS, and the Close is answered there as well.
func TestUnusualOverTLS(t *testing.T) {
	t.Parallel()
	pair, roots := selfSigned(t, inAnHour())
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		address, endings := play(t, "tcp4", overTLS(&tls.Config{Certificates: []tls.Certificate{pair}, MaxVersion: version}, accepts))
		verdict, result := probe(t, trusting(newProber(t, address), roots))
		if !verdict.Healthy() || result.Outcome != ServerClosed || verdict.Took[TLS] == 0 {
			t.Errorf("%s: %v, closed: %v, want ok, closed by the server, and a time for TLS", tls.VersionName(version), verdict, result.Outcome)
		}
		wantPoliteClose(t, endings, true)
	}
}
