package upgrade

import (
	"strings"
	"testing"

	"wshealthz/internal/testbed"
)

// TestHandshakeOnTheWire: the request is to the letter what the configuration asks for, and nothing else.
func TestHandshakeOnTheWire(t *testing.T) {
	for _, c := range []struct {
		url  string
		set  func(*Target)
		want []string
	}{
		{"ws://localhost", nil, []string{"GET / HTTP/1.1", "Host: localhost", "", "User-Agent: wshealthz/test"}},
		{"ws://localhost:80/ws?a=b%20c", nil, []string{"GET /ws?a=b%20c HTTP/1.1", "Host: localhost", "", "User-Agent: wshealthz/test"}},
		{"wss://[::1]:443/a%2Fb", nil, []string{"GET /a%2Fb HTTP/1.1", "Host: [::1]", "", "User-Agent: wshealthz/test"}},
		{"wss://h:80?x", func(x *Target) { x.Origin = "same" }, []string{"GET /?x HTTP/1.1", "Host: h:80", "", "Origin: https://h:80", "User-Agent: wshealthz/test"}},
		{"ws://h:8888/", func(x *Target) { x.Origin, x.Host = "same", "chat.example" }, []string{"GET / HTTP/1.1", "Host: chat.example", "", "Origin: http://chat.example", "User-Agent: wshealthz/test"}},
		{"ws://h/", func(x *Target) { x.Deflate, x.Subprotocols = true, []string{"mqtt"} }, []string{"GET / HTTP/1.1", "Host: h", "", "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits", "Sec-WebSocket-Protocol: mqtt", "User-Agent: wshealthz/test"}},
		{"ws://h/", func(x *Target) {
			x.Subprotocols = []string{"v12.stomp", "v11.stomp"}
			x.Fields = func() []Field { return []Field{{"B", "2"}, {"user-agent", "mine"}, {"A", "1"}} }
		}, []string{"GET / HTTP/1.1", "Host: h", "", "Sec-WebSocket-Protocol: v12.stomp, v11.stomp", "B: 2", "user-agent: mine", "A: 1"}},
	} {
		target := Target{URL: parseURL(t, c.url), UserAgent: "wshealthz/test"}
		if c.set != nil {
			c.set(&target)
		}
		key := newKey()
		var want strings.Builder
		for _, line := range c.want {
			if line == "" {
				line = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + string(key[:])
			}
			want.WriteString(line + "\r\n")
		}
		want.WriteString("\r\n")
		var fields []Field
		if target.Fields != nil {
			fields = target.Fields()
		}
		if got := string(target.appendHandshake(nil, key, fields)); got != want.String() {
			t.Errorf("%s sends\n%s\nwant\n%s", c.url, got, want.String())
		}
	}
}

// TestAccept is the example of RFC 6455 section 1.3.
func TestAccept(t *testing.T) {
	accept := acceptFor([keyLen]byte([]byte("dGhlIHNhbXBsZSBub25jZQ==")))
	if got := string(accept[:]); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Errorf("%s", got)
	}
	if one, other := newKey(), newKey(); one == other {
		t.Error("two handshakes have the same key")
	}
}

// TestSecretsAreNotShown: neither the target nor the request shows query or header values unless asked to.
func TestSecretsAreNotShown(t *testing.T) {
	target := Target{URL: parseURL(t, "ws://h/ws?token=s3cret"), Fields: func() []Field { return []Field{{"Authorization", "s3cret"}} }}
	if shown := target.String() + target.Handshake(false); strings.Contains(shown, "s3cret") || !strings.Contains(shown, "GET /ws?… HTTP/1.1") {
		t.Errorf("shown: %s", shown)
	}
	if shown := target.Handshake(true); strings.Count(shown, "s3cret") != 2 {
		t.Errorf("asked for secrets, shown: %s", shown)
	}
	if target.URL.RawQuery != "token=s3cret" {
		t.Error("showing the target changed it")
	}
}

// TestHeadersReachTheServer goes through the whole of a probe, also over TLS.
func TestHeadersReachTheServer(t *testing.T) {
	pair := testbed.Certificate{}.Make(t)
	requests := make(chan string, 2)
	script := func(p *testbed.Peer) {
		p.ReadRequestAndAccept()
		requests <- p.Head
	}
	plain, _ := testbed.Serve(t, "tcp4", script)
	secure, _ := testbed.Serve(t, "tcp4", testbed.TLS(pair.ServerConfig(), script))
	for _, p := range []*Prober{newProber(t, plain), trusting(newProber(t, secure), pair.Pool())} {
		p.Fields = func() []Field { return []Field{{"Cookie", "a=1"}, {"Cookie", "b=2"}} }
		if verdict, _ := probe(t, p); !verdict.Healthy() {
			t.Error(verdict)
		}
		if request := <-requests; !strings.Contains(request, "Cookie: a=1\r\nCookie: b=2\r\n") {
			t.Errorf("the server read %q", request)
		}
	}
}
