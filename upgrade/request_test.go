package upgrade

import (
	"crypto/tls"
	"io"
	"strings"
	"testing"
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

// TestEchoedSecretsAreHidden: servers answer with what they were asked; the verdict does not pass it on.
func TestEchoedSecretsAreHidden(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]script{
		"a redirect":  says("HTTP/1.1 301 Moved Permanently", "Location: https://h/ws/?token=s3cr%2Bet"),
		"a body":      writes("HTTP/1.1 404 Not Found\r\n\r\nno route /ws?token=s3cr%2Bet (s3cr+et) for Bearer hunter2, hunter2"),
		"a phrase":    says("HTTP/1.1 401 hunter2 is wrong"),
		"a header":    saysAlso("Upgrade: hunter2"),
		"a line":      saysAlso("Bearer hunter2"),
		"the request": func(p *peer) { p.read(); io.WriteString(p, p.raw) },
		"a Close":     func(p *peer) { p.say(right...); p.hear(); io.WriteString(p, closeFrame(1008, "hunter2")) },
		"a word of the first message": func(p *peer) {
			p.say(right...)
			p.hear()
			io.WriteString(p, text(`{"no":"bad token pass"}`)+"\x88\x00")
		},
		"half a word": writes("HTTP/1.1 401 X\r\n\r\nbad token hunte"),
		"the first message": func(p *peer) {
			p.say(right...)
			op, m := p.hear()
			io.WriteString(p, frame(op, true, string(m))+"\x88\x00")
		},
	} {
		address, _ := play(t, "tcp4", script)
		p := prober(t, address)
		p.URL.RawQuery = "token=s3cr%2Bet"
		p.Fields = func() []Field { return []Field{{"Authorization", "Bearer hunter2"}} }
		p.Dialogue = &Dialogue{Want: "x", First: []byte("pass word"), Secret: true, Expect: func([]byte) bool { return false }}
		verdict, _ := ask(t, p)
		for _, secret := range []string{"s3cr", "hunte", "pass"} {
			if verdict.Healthy() || strings.Contains(verdict.String(), secret) {
				t.Errorf("%s: %v shows %q", name, verdict, secret)
			}
		}
		p.ShowSecrets = true
		if verdict, _ := ask(t, p); name == "a phrase" && !strings.Contains(verdict.Detail, "hunter2") {
			t.Errorf("asked for secrets: %v", verdict)
		}
	}
}

// TestHeadersReachTheServer goes through the whole of a probe, also over TLS.
func TestHeadersReachTheServer(t *testing.T) {
	pair, roots := certify(t, hour())
	requests := make(chan string, 2)
	script := func(p *peer) {
		p.say(right...)
		requests <- p.raw
	}
	plainly, _ := play(t, "tcp4", script)
	secretly, _ := play(t, "tcp4", secured(&tls.Config{Certificates: []tls.Certificate{pair}}, script))
	for _, p := range []*Prober{prober(t, plainly), trusting(prober(t, secretly), roots)} {
		p.Fields = func() []Field { return []Field{{"Cookie", "a=1"}, {"Cookie", "b=2"}} }
		if verdict, _ := ask(t, p); !verdict.Healthy() {
			t.Error(verdict)
		}
		if request := <-requests; !strings.Contains(request, "Cookie: a=1\r\nCookie: b=2\r\n") {
			t.Errorf("the server read %q", request)
		}
	}
}
