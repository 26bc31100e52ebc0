package upgrade

import (
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"wshealthz/internal/testbed"
)

// TestReceived: a verdict keeps the beginning of what the server sent, without our secrets; and nothing when it is ok.
func TestReceived(t *testing.T) {
	t.Parallel()
	head, long := "HTTP/1.1 403 Forbidden\r\nX: ", strings.Repeat("y", 3000)
	for _, c := range []struct {
		name   string
		script testbed.Script
		set    func(*Prober)
		reason Reason
		want   Excerpt
	}{
		{"a response", testbed.AnswerText(head + "<b>\x1b[31m\r\n\r\nno"), nil, BadStatus, Excerpt{Bytes: []byte(head + "<b>\x1b[31m\r\n\r\nno")}},
		{"not HTTP", testbed.AnswerText("SSH-2.0-x\r\n"), nil, NotHTTP, Excerpt{Bytes: []byte("SSH-2.0-x\r\n")}},
		{"nothing", func(p *testbed.Peer) { p.ReadRequest() }, short, UpgradeTimeout, Excerpt{}},
		{"our own secret", testbed.AnswerText(head + "s3cret-token\r\n\r\n"), func(p *Prober) {
			p.Fields = func() []Field { return []Field{{"Authorization", "s3cret-token"}} }
		}, BadStatus, Excerpt{Bytes: []byte(head + "...\r\n\r\n")}},
		{"a long response", testbed.AnswerText(head + long + "\r\n\r\n"), nil, BadStatus, Excerpt{[]byte((head + long)[:1024]), true}},
		{"a message", acceptsAndWrites(text("a") + text("\r\nb") + testbed.CloseFrame(1000, "")), withPing, ClosedEarly, Excerpt{Bytes: []byte("\r\nb")}},
		{"a healthy response", testbed.Accept(), nil, OK, Excerpt{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address, _ := testbed.Serve(t, "tcp4", c.script)
			p := newProber(t, address)
			if c.set != nil {
				c.set(p)
			}
			verdict, _ := probe(t, p)
			if verdict.Reason != c.reason || !reflect.DeepEqual(verdict.Received, c.want) {
				t.Errorf("%v with %v, want %v with %v", verdict, verdict.Received, c.reason, c.want)
			}
		})
	}
}

// TestCertificateEnds: it is known of a certificate that is taken, and of one that is refused.
func TestCertificateEnds(t *testing.T) {
	for _, end := range []time.Time{time.Now().Add(time.Hour), time.Now().Add(-time.Hour)} {
		pair := testbed.Certificate{NotAfter: end}.Make(t)
		address, _ := testbed.Serve(t, "tcp4", testbed.TLS(pair.ServerConfig(), testbed.Accept()))
		verdict, _ := probe(t, trusting(newProber(t, address), pair.Pool()))
		if got := verdict.CertificateEnds; !got.Equal(end.Truncate(time.Second)) {
			t.Errorf("%v: the certificate ends %s, want %s", verdict.Reason, got, end)
		}
	}
}

// TestOpenConnections: a connection counts until it is closed.
func TestOpenConnections(t *testing.T) {
	p, during := &Prober{}, make(chan int, 1)
	address, _ := testbed.Serve(t, "tcp4", func(peer *testbed.Peer) {
		peer.ReadRequest()
		during <- p.OpenConnections()
		io.WriteString(peer, "HTTP/1.1 404 Not Found\r\n\r\n")
	})
	p.Target = newProber(t, address).Target
	if verdict, _ := probe(t, p); verdict.Reason != BadStatus {
		t.Errorf("%v, want the 404", verdict)
	}
	if before, after := <-during, p.OpenConnections(); before != 1 || after != 0 {
		t.Errorf("%d open connections while the server is probed and %d after that, want 1 and 0", before, after)
	}
}
