package upgrade

import (
	"crypto/tls"
	"io"
	"strings"
	"testing"
	"time"

	"wshealthz/internal/testbed"
)

// unusualServers are right, and must be ok: some client in the field serves its users with them.
var unusualServers = []struct {
	name    string
	network string // "": tcp4
	script  testbed.Script
	set     func(*Prober)
}{
	{name: "names in upper case", script: testbed.AnswerHead("HTTP/1.1 101 X", "UPGRADE: websocket", "CONNECTION: Upgrade", "SEC-WEBSOCKET-ACCEPT: {accept}")},
	{name: "names in lower case", script: testbed.AnswerHead("HTTP/1.1 101 X", "upgrade: websocket", "connection: upgrade", "sec-websocket-accept: {accept}")},
	{name: "Upgrade: WebSocket", script: testbed.Accept("Upgrade: WebSocket")},
	{name: "Connection as a list", script: testbed.Accept("Connection: keep-alive, Upgrade")},
	{name: "Connection on two lines", script: testbed.Accept("Connection: keep-alive\r\nConnection: Upgrade")},
	{name: "Connection with close", script: testbed.Accept("Connection: close, upgrade")},
	{name: "Connection with empty items", script: testbed.Accept("Connection: ,\t, UPGRADE ,")},
	{name: "no reason phrase", script: testbed.Accept("HTTP/1.1 101 ")},
	{name: "no space after 101", script: testbed.Accept("HTTP/1.1 101")},
	{name: "another phrase", script: testbed.Accept("HTTP/1.1 101 Web Socket Protocol Handshake \xe2\x9c\x93")},
	{name: "HTTP/1.0", script: testbed.Accept("HTTP/1.0 101 Switching Protocols")},
	{name: "HTTP/1.9", script: testbed.Accept("HTTP/1.9 101 Switching Protocols")},
	{name: "white space around values", script: testbed.Accept("Upgrade: \t websocket \t", "Connection:Upgrade", "Sec-WebSocket-Accept:  \t{accept} \t ")},
	{name: "bare LF", script: testbed.AnswerText(strings.ReplaceAll(acceptText, "\r\n", "\n"))},
	{name: "folded lines", script: testbed.Accept("Connection: keep-alive,\r\n\tUpgrade", "X: a\r\n  b\r\n \r\n c")},
	{name: "15 kB of cookies", script: testbed.Accept("Set-Cookie: " + strings.Repeat("0123456789abcde", 1000))},
	{name: "fifty fields", script: testbed.Accept(strings.TrimSuffix(strings.Repeat("X-Field: value\r\n", 50), "\r\n"))},
	{name: "letters beyond ASCII in a value", script: testbed.Accept("Server: caf\xe9 \xe2\x9c\x93")},
	{name: "an empty value", script: testbed.Accept("X-Empty:")},
	{name: "no compression although it was offered", script: testbed.Accept(), set: offersDeflate},
	{name: "compression", script: testbed.Accept("Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=12"), set: offersDeflate},
	{name: "Content-Length: 0", script: testbed.Accept("Content-Length: 0")},
	{name: "Transfer-Encoding", script: testbed.Accept("Transfer-Encoding: chunked")},
	{name: "text in the same segment", script: acceptsAndWrites(text("welcome"))},
	{name: "a ping in the same segment", script: acceptsAndWrites("\x89\x02hi")},
	{name: "a Close in the same segment", script: acceptsAndWrites("\x88\x02\x03\xe8")},
	{name: "one byte a write", script: func(p *testbed.Peer) {
		head := strings.ReplaceAll(acceptText, "{accept}", p.ReadRequest())
		p.Upgraded = true
		p.TCP.SetNoDelay(true)
		for i := range len(head) {
			io.WriteString(p, head[i:i+1])
		}
	}},
	{name: "an answer after 800 ms", script: func(p *testbed.Peer) {
		time.Sleep(800 * time.Millisecond) // the case is about time
		p.ReadRequestAndAccept()
	}},
	{name: "localhost on IPv6 only", network: "tcp6", script: testbed.Accept(), set: func(p *Prober) { p.URL.Host = "localhost:" + p.URL.Port() }},
	{name: "localhost on IPv4 only", script: testbed.Accept(), set: func(p *Prober) { p.URL.Host = "Chat.LocalHost.:" + p.URL.Port() }},
	{name: "another address", script: testbed.Accept(), set: func(p *Prober) { p.URL.Host, p.Address = "chat.invalid:"+p.URL.Port(), "127.0.0.1" }},
	{name: "the second of two subprotocols", script: testbed.Accept("Sec-WebSocket-Protocol: v12.stomp"), set: subprotocols("v13.stomp", "v12.stomp")},
	{name: "never answers Close", script: func(p *testbed.Peer) {
		p.ReadRequestAndAccept()
		p.DoNotWatch()
		io.Copy(io.Discard, p)
		p.HoldUntil(nil)
	}},
	{name: "never reads again", script: func(p *testbed.Peer) { p.ReadRequestAndAccept(); p.DoNotWatch(); p.HoldUntil(nil) }},
	{name: "a 1 MB first message", script: func(p *testbed.Peer) { p.ReadRequestAndAccept(); io.WriteString(p, text(strings.Repeat("x", 1<<20))) }},
	{name: "closes right after the 101", script: func(p *testbed.Peer) { p.ReadRequestAndAccept(); p.CloseWrite() }},
	{name: "resets right after the 101", script: func(p *testbed.Peer) { p.ReadRequestAndAccept(); p.Reset() }},
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
			address, closings := testbed.Serve(t, network, c.script)
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
				wantPoliteClose(t, closings, true)
			}
			if result.Outcome != want {
				t.Errorf("closed: %s, want: %s", result.Outcome, want)
			}
		})
	}
}

// TestCloseNotify: TLS ends with the alert close_notify, so that the server does not take the end for a truncation.
func TestCloseNotify(t *testing.T) {
	t.Parallel()
	pair := testbed.Certificate{}.Make(t)
	config := pair.ServerConfig()
	config.MaxVersion = tls.VersionTLS12 // in which an alert's record shows its type
	last := make(chan []byte, 1)
	address, _ := testbed.Serve(t, "tcp4", testbed.TLS(config, func(p *testbed.Peer) {
		p.ReadRequestAndAccept()
		p.DoNotWatch()
		_, payload := p.ReadFrame()
		io.WriteString(p, testbed.Frame(testbed.OpClose, string(payload)))
		p.CloseWrite()
		records, _ := io.ReadAll(p.TCP)
		last <- records
	}))
	if verdict, _ := probe(t, trusting(newProber(t, address), pair.Pool())); !verdict.Healthy() {
		t.Error(verdict)
	}
	if records := <-last; len(records) == 0 || records[0] != 21 {
		t.Errorf("the server got %x, want a record with an alert", records)
	}
}

// TestUnusualOverTLS: what is right stays right under TLS, and the Close is answered there as well.
func TestUnusualOverTLS(t *testing.T) {
	t.Parallel()
	pair := testbed.Certificate{}.Make(t)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		config := pair.ServerConfig()
		config.MaxVersion = version
		address, closings := testbed.Serve(t, "tcp4", testbed.TLS(config, testbed.Accept()))
		verdict, result := probe(t, trusting(newProber(t, address), pair.Pool()))
		if !verdict.Healthy() || result.Outcome != ServerClosed || verdict.Took[TLS] == 0 {
			t.Errorf("%s: %v, closed: %v, want ok, closed by the server, and a time for TLS", tls.VersionName(version), verdict, result.Outcome)
		}
		wantPoliteClose(t, closings, true)
	}
}
