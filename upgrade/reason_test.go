package upgrade

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"strings"
	"testing"
	"time"
)

// hour is the end of certificates that are still good.
func hour() time.Time { return time.Now().Add(time.Hour) }

// A wrong server is wrong in exactly one way.
type wrongServer struct {
	name   string
	reason Reason
	script script
	opened bool          // a 101 was sent: the prober must leave with Close
	set    func(*Prober) // what the configuration asks for, beyond the target
	says   string        // must be in the detail
}

func short(p *Prober) { p.Timeout = 200 * time.Millisecond }

func subprotocols(names ...string) func(*Prober) {
	return func(p *Prober) { p.Subprotocols = names }
}

var wrongServers = []wrongServer{
	{name: "closes at once", reason: HungUp, script: func(p *peer) { p.tcp.CloseWrite(); p.read() }, says: "closed the connection"},
	{name: "resets", reason: HungUp, script: func(p *peer) { p.read(); p.tcp.SetLinger(0); p.Close(); p.endings = nil }, says: "reset"},
	{name: "half a head", reason: HungUp, script: func(p *peer) { p.read(); io.WriteString(p, "HTTP/1.1 101 Sw"); p.tcp.CloseWrite() }, says: "15 bytes came"},
	{name: "silent", reason: UpgradeTimeout, script: func(p *peer) { p.read() }, set: short},
	{name: "half a head, then silent", reason: UpgradeTimeout, script: func(p *peer) { p.read(); io.WriteString(p, "HTTP/1.1 101 S\r\nUpgr") }, set: short},
	{name: "an SSH banner", reason: NotHTTP, script: func(p *peer) { io.WriteString(p, "SSH-2.0-OpenSSH_9.2p1\r\n"); p.read() }, says: "SSH-2.0"},
	{name: "garbage", reason: NotHTTP, script: writes("\x00\xff\x1b[31m\n"), says: `\x00`},
	{name: "HTTP/2", reason: NotHTTP, script: says("HTTP/2 101 Switching Protocols")},
	{name: "a status of two digits", reason: NotHTTP, script: says("HTTP/1.1 10 Switching")},
	{name: "a status of four digits", reason: NotHTTP, script: says("HTTP/1.1 1012 Switching")},
	{name: "TLS where plain is expected", reason: NotHTTP, script: writes("\x15\x03\x01\x00\x02\x02\x46")},
	{name: "200", reason: BadStatus, script: says("HTTP/1.1 200 OK", "Content-Length: 0"), says: "200 OK from ws://"},
	{name: "a redirect", reason: BadStatus, script: says("HTTP/1.1 301 Moved Permanently", "Location: http://x/"), says: `Location "http://x/"`},
	{name: "403 with a body", reason: BadStatus, script: writes("HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\n<nope>"), says: `body "<nope>"`},
	{name: "a chunked body", reason: BadStatus, script: writes("HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nboom\r\n0\r\n\r\n"), says: `500 "Oops" from`},
	{name: "a hostile phrase", reason: BadStatus, script: says("HTTP/1.1 404 \xff<script>"), says: `404 "\xff<script>" from`},
	{name: "no Upgrade", reason: BadHeader, opened: true, script: says("HTTP/1.1 101 X", "Connection: Upgrade", "Sec-WebSocket-Accept: {accept}"), says: "no Upgrade"},
	{name: "two Upgrades", reason: BadHeader, opened: true, script: saysAlso("Upgrade: websocket\r\nUpgrade: websocket"), says: "2 fields Upgrade"},
	{name: "Upgrade: h2c", reason: BadHeader, opened: true, script: saysAlso("Upgrade: h2c"), says: `Upgrade "h2c"`},
	{name: "Upgrade as a list", reason: BadHeader, opened: true, script: saysAlso("Upgrade: websocket, h2c")},
	{name: "no Connection", reason: BadHeader, opened: true, script: says("HTTP/1.1 101 X", "Upgrade: websocket", "Sec-WebSocket-Accept: {accept}")},
	{name: "Connection: close alone", reason: BadHeader, opened: true, script: saysAlso("Connection: close")},
	{name: "Connection: upgraded", reason: BadHeader, opened: true, script: saysAlso("Connection: upgraded")},
	{name: "a line without a colon", reason: BadHeader, opened: true, script: saysAlso("nonsense"), says: `"nonsense"`},
	{name: "a name with a space", reason: BadHeader, opened: true, script: saysAlso("a b: c")},
	{name: "an empty name", reason: BadHeader, opened: true, script: saysAlso(": c")},
	{name: "a NUL in a value", reason: BadHeader, opened: true, script: saysAlso("X: \x00")},
	{name: "a fold before any field", reason: BadHeader, opened: true, script: says("HTTP/1.1 101 X", " folded", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: {accept}")},
	{name: "no accept", reason: BadAccept, opened: true, script: says(right[:3]...), says: "no Sec-WebSocket-Accept"},
	{name: "another accept", reason: BadAccept, opened: true, script: saysAlso("Sec-WebSocket-Accept: dGhlIHNhbXBsZSBub25jZQ==")},
	{name: "accept in another case", reason: BadAccept, opened: true, script: func(p *peer) {
		accept := p.read()
		p.opened = true
		io.WriteString(p, strings.Join(right[:3], "\r\n")+"\r\nSec-WebSocket-Accept: "+strings.ToLower(accept)+"\r\n\r\n")
	}},
	{name: "two accepts", reason: BadAccept, opened: true, script: saysAlso("Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Accept: {accept}")},
	{name: "a subprotocol nobody asked for", reason: BadSubprotocol, opened: true, script: saysAlso("Sec-WebSocket-Protocol: chat"), says: "want none"},
	{name: "no subprotocol", reason: BadSubprotocol, opened: true, script: says(right...), set: subprotocols("mqtt"), says: `want one of ["mqtt"]`},
	{name: "another subprotocol", reason: BadSubprotocol, opened: true, script: saysAlso("Sec-WebSocket-Protocol: amqp"), set: subprotocols("mqtt")},
	{name: "a subprotocol in another case", reason: BadSubprotocol, opened: true, script: saysAlso("Sec-WebSocket-Protocol: MQTT"), set: subprotocols("mqtt")},
	{name: "both subprotocols", reason: BadSubprotocol, opened: true, script: saysAlso("Sec-WebSocket-Protocol: a, b"), set: subprotocols("a", "b")},
	{name: "a subprotocol twice", reason: BadSubprotocol, opened: true, script: saysAlso("Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: a"), set: subprotocols("a", "b")},
	{name: "an extension", reason: BadExtension, opened: true, script: saysAlso("Sec-WebSocket-Extensions: permessage-deflate"), says: "permessage-deflate"},
}

// TestWrongServers is the table of upgrade's reasons; how each server is left is looked at as well.
func TestWrongServers(t *testing.T) {
	for _, c := range wrongServers {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address, endings := play(t, "tcp4", c.script)
			p := prober(t, address)
			if c.set != nil {
				c.set(p)
			}
			verdict, _ := ask(t, p)
			if verdict.Reason != c.reason || !strings.Contains(verdict.Detail, c.says) {
				t.Errorf("%v, want %v with %q", verdict, c.reason, c.says)
			}
			if c.name != "resets" {
				politely(t, endings, c.opened)
			}
		})
	}
}

// dialAndTLS are the cases that are no answer to an upgrade. Draining is made in package probe and seen there.
var dialAndTLS = []struct {
	name   string
	reason Reason
	make   func(*testing.T) *Prober
	says   string
}{
	{"nobody listens", Refused, func(t *testing.T) *Prober { return prober(t, refusing(t)) }, connectionRefused.Error()},
	{"no such name", Unreachable, func(t *testing.T) *Prober {
		p := prober(t, "no-such-host.invalid:80")
		p.Timeout = 3 * time.Second
		return p
	}, `looking up "no-such-host.invalid"`},
	{"a full accept queue", DialTimeout, func(t *testing.T) *Prober {
		p := prober(t, clogged(t))
		short(p)
		return p
	}, "no end after 200ms"},
	{"plain where TLS is expected", BadTLS, func(t *testing.T) *Prober {
		address, _ := play(t, "tcp4", func(p *peer) { io.WriteString(p, "HTTP/1.1 400 Bad Request\r\n\r\n") })
		return trusting(prober(t, address), nil)
	}, `"HTTP/" came`},
	{"EOF in the TLS handshake", BadTLS, func(t *testing.T) *Prober {
		address, _ := play(t, "tcp4", func(p *peer) { p.tcp.Read(make([]byte, 1)); p.tcp.CloseWrite() })
		return trusting(prober(t, address), nil)
	}, "closed the connection"},
	{"TLS 1.1", BadTLS, func(t *testing.T) *Prober {
		pair, roots := certify(t, hour())
		config := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
		address, _ := play(t, "tcp4", secured(config, says(right...)))
		return trusting(prober(t, address), roots)
	}, "protocol version"},
	{"an unknown authority", BadCertificate, func(t *testing.T) *Prober {
		pair, _ := certify(t, hour())
		address, _ := play(t, "tcp4", secured(&tls.Config{Certificates: []tls.Certificate{pair}}, says(right...)))
		return trusting(prober(t, address), x509.NewCertPool())
	}, "unknown authority"},
	{"an expired certificate", BadCertificate, func(t *testing.T) *Prober {
		pair, roots := certify(t, time.Now().Add(-time.Hour))
		address, _ := play(t, "tcp4", secured(&tls.Config{Certificates: []tls.Certificate{pair}}, says(right...)))
		return trusting(prober(t, address), roots)
	}, "expired"},
	{"a client certificate demanded, TLS 1.3", BadCertificate, demanding(tls.VersionTLS13), "certificate required"},
	// RFC 5246 section 7.4.6: handshake_failure, which may mean anything
	{"a client certificate demanded, TLS 1.2", BadTLS, demanding(tls.VersionTLS12), "handshake failure"},
	{"a stalled TLS handshake", TLSTimeout, func(t *testing.T) *Prober {
		address, _ := play(t, "tcp4", func(p *peer) {})
		p := trusting(prober(t, address), nil)
		short(p)
		return p
	}, "no end after 200ms"},
	{"a panic", Internal, func(t *testing.T) *Prober {
		address, _ := play(t, "tcp4", says(right...))
		p := prober(t, address)
		p.Fields = func() []Field { panic("scripted") }
		return p
	}, "scripted"},
	{"healthy", OK, func(t *testing.T) *Prober {
		address, _ := play(t, "tcp4", says(right...))
		return prober(t, address)
	}, ""},
}

// demanding is a server that wants a client certificate; a prober without one learns it in or after the handshake.
func demanding(version uint16) func(t *testing.T) *Prober {
	return func(t *testing.T) *Prober {
		pair, roots := certify(t, hour())
		config := &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAnyClientCert, MinVersion: version, MaxVersion: version}
		address, _ := play(t, "tcp4", secured(config, says(right...)))
		return trusting(prober(t, address), roots)
	}
}

func TestDialAndTLS(t *testing.T) {
	for _, c := range dialAndTLS {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if verdict, _ := ask(t, c.make(t)); verdict.Reason != c.reason || !strings.Contains(verdict.Detail, c.says) {
				t.Errorf("%v, want %v with %q", verdict, c.reason, c.says)
			}
		})
	}
}

func TestCanceled(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"dial", "tls", "upgrade"} {
		asked := make(chan struct{}, 1)
		address, _ := play(t, "tcp4", func(p *peer) { p.tcp.Read(make([]byte, 1)); asked <- struct{}{} })
		p := prober(t, address)
		switch where {
		case "dial":
			p = prober(t, clogged(t))
			asked <- struct{}{}
		case "tls":
			p = trusting(p, nil)
		}
		ctx, cancel := context.WithCancel(context.Background())
		go func() { <-asked; cancel() }()
		if verdict := p.Probe(ctx); verdict.Reason != Canceled {
			t.Errorf("in %s: %v, want canceled", where, verdict)
		}
		p.Wait(context.Background())
	}
}

// TestEveryReasonIsProduced holds the closed set against the tables above.
func TestEveryReasonIsProduced(t *testing.T) {
	seen := map[Reason]bool{Draining: true /* in package probe */, Canceled: true /* TestCanceled */}
	for _, c := range wrongServers {
		seen[c.reason] = true
	}
	for _, c := range dialAndTLS {
		seen[c.reason] = true
	}
	for _, c := range pingServers {
		seen[c.reason] = true
	}
	for _, c := range protocolServers {
		seen[c.reason] = true
	}
	for _, reason := range Reasons() {
		if !seen[reason] {
			t.Errorf("no case produces %v", reason)
		}
	}
}

// TestReasonsAreComplete holds each entry of the table to what a body needs.
func TestReasonsAreComplete(t *testing.T) {
	const most = 512 - maxDetail - len("upgrade: bad_subprotocol:  ()\n")
	names := map[string]bool{}
	for _, reason := range Reasons() {
		if reason.String() == "" || names[reason.String()] {
			t.Errorf("reason %d is called %q, want a name of its own", reason, reason)
		}
		names[reason.String()] = true
		if hint := reason.Hint(); (hint == "") != (reason == OK) || len(hint) > most {
			t.Errorf("%v has a hint of %d bytes, want 1 to %d: %s", reason, len(hint), most, hint)
		}
	}
	for status := range 1000 {
		if hint := statusHint(status); hint == "" || len(hint) > most {
			t.Errorf("status %d has a hint of %d bytes, want 1 to %d", status, len(hint), most)
		}
	}
}
