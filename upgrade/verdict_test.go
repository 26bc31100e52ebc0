package upgrade

import (
	"crypto/tls"
	"strings"
	"testing"
	"time"
)

// TestCame: a verdict keeps what the server sent, quoted and cut, without our secrets; and nothing of a healthy one.
func TestCame(t *testing.T) {
	for _, c := range []struct {
		name   string
		script script
		set    func(*Prober)
		want   string
	}{
		{"an answer", writes("HTTP/1.1 403 Forbidden\r\nX: <b>\x1b[31m\r\n\r\nno"), nil, `"HTTP/1.1 403 Forbidden\r\nX: <b>\x1b[31m\r\n\r\nno"`},
		{"no HTTP", writes("SSH-2.0-x\r\n"), nil, `"SSH-2.0-x\r\n"`},
		{"nothing", func(p *peer) { p.read() }, short, ""},
		{"our own secret", writes("HTTP/1.1 400 Bad Request\r\nX: s3cret-token\r\n\r\n"),
			func(p *Prober) { p.Fields = func() []Field { return []Field{{"Authorization", "s3cret-token"}} } }, `"HTTP/1.1 400 Bad Request\r\nX: ...\r\n\r\n"`},
		{"a long answer", writes("HTTP/1.1 403 Forbidden\r\nX: " + strings.Repeat("y", 3000) + "\r\n\r\n"), nil, strings.Repeat("y", 1024-len("HTTP/1.1 403 Forbidden\r\nX: ")) + `"...`},
		{"a healthy answer", saysAlso("Upgrade: websocket"), nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			address, _ := play(t, "tcp4", c.script)
			p := prober(t, address)
			if c.set != nil {
				c.set(p)
			}
			verdict, _ := ask(t, p)
			if !strings.HasSuffix(verdict.Received.String(), c.want) || c.want == "" && verdict.Received.String() != "" {
				t.Errorf("came %s, want %s", verdict.Received.String(), c.want)
			}
		})
	}
}

// TestCertificateEnds: known of a certificate that is taken, and of one that is refused.
func TestCertificateEnds(t *testing.T) {
	for _, end := range []time.Time{hour(), time.Now().Add(-time.Hour)} {
		pair, roots := certify(t, end)
		address, _ := play(t, "tcp4", secured(&tls.Config{Certificates: []tls.Certificate{pair}}, saysAlso("Upgrade: websocket")))
		verdict, _ := ask(t, trusting(prober(t, address), roots))
		if got := verdict.CertificateEnds; !got.Equal(end.Truncate(time.Second)) {
			t.Errorf("%v: the certificate ends %s, want %s", verdict.Reason, got, end)
		}
	}
}

// TestConnections counts a connection until it is left.
func TestConnections(t *testing.T) {
	p, during := &Prober{}, make(chan int, 1)
	address, _ := play(t, "tcp4", func(peer *peer) { peer.read(); during <- p.OpenConnections(); peer.say("HTTP/1.1 404 Not Found") })
	p.Target = prober(t, address).Target
	ask(t, p)
	if before, after := <-during, p.OpenConnections(); before != 1 || after != 0 {
		t.Errorf("%d connections while the server is asked and %d after it, want 1 and 0", before, after)
	}
}
