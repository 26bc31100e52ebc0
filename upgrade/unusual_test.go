package upgrade

import (
	"crypto/tls"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// text is an unmasked text frame, as servers send it.
func text(payload string) string {
	return string(ws.MustCompileFrame(ws.NewTextFrame([]byte(payload))))
}

// answers is a script that writes the head of a conforming server and more in one segment.
func answers(more string) script {
	return writes(strings.Join(right, "\r\n") + "\r\n\r\n" + more)
}

// deaf keeps the connection without a word and without reading until the prober is gone.
func deaf(p *peer) { p.endings = nil }

// unusualServers are right, and must be ok: some client in the field serves its users with them.
var unusualServers = []struct {
	name    string
	network string // "": tcp4
	script  script
	set     func(*Prober)
}{
	{name: "names in upper case", script: says("HTTP/1.1 101 X", "UPGRADE: websocket", "CONNECTION: Upgrade", "SEC-WEBSOCKET-ACCEPT: {accept}")},
	{name: "names in lower case", script: says("HTTP/1.1 101 X", "upgrade: websocket", "connection: upgrade", "sec-websocket-accept: {accept}")},
	{name: "Upgrade: WebSocket", script: saysAlso("Upgrade: WebSocket")},
	{name: "Connection as a list", script: saysAlso("Connection: keep-alive, Upgrade")},
	{name: "Connection on two lines", script: saysAlso("Connection: keep-alive\r\nConnection: Upgrade")},
	{name: "Connection with close", script: saysAlso("Connection: close, upgrade")},
	{name: "Connection with empty items", script: saysAlso("Connection: ,\t, UPGRADE ,")},
	{name: "no reason phrase", script: says(append([]string{"HTTP/1.1 101 "}, right[1:]...)...)},
	{name: "no space after 101", script: says(append([]string{"HTTP/1.1 101"}, right[1:]...)...)},
	{name: "a phrase without a space", script: says(append([]string{"HTTP/1.1 101Switching"}, right[1:]...)...)},
	{name: "another phrase", script: says(append([]string{"HTTP/1.1 101 Web Socket Protocol Handshake \xe2\x9c\x93"}, right[1:]...)...)},
	{name: "HTTP/1.0", script: says(append([]string{"HTTP/1.0 101 Switching Protocols"}, right[1:]...)...)},
	{name: "HTTP/1.9", script: says(append([]string{"HTTP/1.9 101 Switching Protocols"}, right[1:]...)...)},
	{name: "white space around values", script: saysAlso("Upgrade: \t websocket \t", "Connection:Upgrade", "Sec-WebSocket-Accept:  \t{accept} \t ")},
	{name: "white space before a colon", script: saysAlso("X-Powered-By : something")},
	{name: "bare LF", script: writes(strings.Join(right, "\n") + "\n\n")},
	{name: "folded lines", script: saysAlso("Connection: keep-alive,\r\n\tUpgrade", "X: a\r\n  b\r\n \r\n c")},
	{name: "15 kB of cookies", script: saysAlso("Set-Cookie: " + strings.Repeat("0123456789abcde", 1000))},
	{name: "fifty fields", script: saysAlso(strings.TrimSuffix(strings.Repeat("X-Field: value\r\n", 50), "\r\n"))},
	{name: "letters beyond ASCII in a value", script: saysAlso("Server: caf\xe9 \xe2\x9c\x93")},
	{name: "an empty value", script: saysAlso("X-Empty:")},
	{name: "an extensions field without one", script: saysAlso("Sec-WebSocket-Extensions:")},
	{name: "Content-Length: 0", script: saysAlso("Content-Length: 0")},
	{name: "Transfer-Encoding", script: saysAlso("Transfer-Encoding: chunked")},
	{name: "103 first", script: writes("HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n" + strings.Join(right, "\r\n") + "\r\n\r\n")},
	{name: "two 100s first", script: writes(strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 2) + strings.Join(right, "\r\n") + "\r\n\r\n")},
	{name: "text in the same segment", script: answers(text("welcome"))},
	{name: "a ping in the same segment", script: answers("\x89\x02hi")},
	{name: "a Close in the same segment", script: answers("\x88\x02\x03\xe8")},
	{name: "one byte a write", script: func(p *peer) {
		head := strings.ReplaceAll(strings.Join(right, "\r\n")+"\r\n\r\n", "{accept}", p.read())
		p.opened = true
		p.tcp.SetNoDelay(true)
		for i := range len(head) {
			io.WriteString(p, head[i:i+1])
		}
	}},
	{name: "an answer after 800 ms", script: func(p *peer) {
		time.Sleep(800 * time.Millisecond) // the case is about time
		p.say(right...)
	}},
	{name: "localhost on IPv6 only", network: "tcp6", script: says(right...), set: func(p *Prober) { p.URL.Host = "localhost:" + p.URL.Port() }},
	{name: "localhost on IPv4 only", script: says(right...), set: func(p *Prober) { p.URL.Host = "Chat.LocalHost.:" + p.URL.Port() }},
	{name: "another address", script: says(right...), set: func(p *Prober) { p.URL.Host, p.Address = "chat.invalid:"+p.URL.Port(), "127.0.0.1" }},
	{name: "the second of two subprotocols", script: saysAlso("Sec-WebSocket-Protocol: v12.stomp"), set: subprotocols("v13.stomp", "v12.stomp")},
	{name: "never answers Close", script: func(p *peer) { p.say(right...); io.Copy(io.Discard, p); deaf(p) }},
	{name: "never reads again", script: func(p *peer) { p.say(right...); deaf(p); time.Sleep(1500 * time.Millisecond) }},
	{name: "a 1 MB first message", script: func(p *peer) { p.say(right...); io.WriteString(p, text(strings.Repeat("x", 1<<20))) }},
	{name: "closes right after the 101", script: func(p *peer) { p.say(right...); p.tcp.CloseWrite() }},
	{name: "resets right after the 101", script: func(p *peer) { p.say(right...); p.tcp.SetLinger(0); p.Close(); deaf(p) }},
}

func TestUnusualServersAreHealthy(t *testing.T) {
	for _, c := range unusualServers {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			network := c.network
			if network == "" {
				network = "tcp4"
			}
			address, endings := play(t, network, c.script)
			p := prober(t, address)
			if c.set != nil {
				c.set(p)
			}
			verdict, result := ask(t, p)
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
				politely(t, endings, true)
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
	pair, roots := certify(t, hour())
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		address, endings := play(t, "tcp4", secured(&tls.Config{Certificates: []tls.Certificate{pair}, MaxVersion: version}, says(right...)))
		verdict, result := ask(t, trusting(prober(t, address), roots))
		if !verdict.Healthy() || result.Outcome != ServerClosed || verdict.Took[TLS] == 0 {
			t.Errorf("%s: %v, closed: %v, want ok, left by the server, and a time for TLS", tls.VersionName(version), verdict, result.Outcome)
		}
		politely(t, endings, true)
	}
}

// TestTheSecondAddressHasItsTurn: ::1 is asked when 127.0.0.1 used up half the budget, and not before.
func TestTheSecondAddressHasItsTurn(t *testing.T) {
	t.Parallel()
	_, port, _ := strings.Cut(clogged(t), ":")
	address, _ := play(t, "tcp6", says(right...))
	p := prober(t, address)
	p.Timeout = 400 * time.Millisecond
	p.URL.Host = "localhost:" + port
	verdict := p.Probe(t.Context())
	if verdict.Reason != DialTimeout || !strings.Contains(verdict.Detail, "127.0.0.1:"+port) || !strings.Contains(verdict.Detail, "200ms") {
		t.Errorf("%v, want the dial_timeout of 127.0.0.1 after half the budget", verdict)
	}
	if want := fmt.Sprintf("[::1]:%s", port); verdict.Peer != want {
		t.Errorf("dialed %s last, want %s", verdict.Peer, want)
	}
}
