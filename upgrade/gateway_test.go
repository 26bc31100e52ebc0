package upgrade

import (
	"net/http"
	"strings"
	"testing"
)

// votes are who opens a response or passes it on: a browser, nginx, HAProxy and Caddy, in this order. They were measured with
// Chromium 156, nginx 1.22, HAProxy 2.6 and Caddy 2.6.
var votes = []struct {
	votes string // + or - for each
	lines string // that follow those of a right response, or replace its status line or the field of their name
}{
	{"++++", "X: plain"},
	{"++++", "X: \x10\x7f\xff"},
	{"++++", "HTTP/1.1 101"},
	{"++++", "HTTP/1.1  101 Switching Protocols"},
	{"++++", "HTTP/1.1 101 a\x01b"},
	{"++++", "HTTP/9.1 101"},
	{"++++", "Location: /a, /b"},
	{"++++", `Content-Disposition: a; filename="b, c"`},
	{"+++-", "Connection: close\nConnection: keep-alive, Upgrade"},
	{"++--", "Connection: close, Upgrade\nX@Y: y"},
	{"+++-", "Transfer-Encoding:"},
	{"+-++", "X-Accel-Redirect: /a"},
	{"+-++", "Content-Length: 5,5\nX: a\n b"},
	{"++-+", "Connection: Upgrade\nConnection:\r"},
	{"+--+", "X: " + strings.Repeat("v", 15200)},
	{"+-++", "X: " + strings.Repeat("v", 15000)},
	{"++-+", "Content-Length: abc"},
	{"++-+", "X@Y: y"},
	{"++-+", "X[1]: y"},
	{"++-+", "X\xe9: y"},
	{"++-+", "X: y\r"},
	{"++-+", strings.Repeat("N", 2032) + ": y"},
	{"++-+", strings.Repeat("a:b\n", 300) + "a:b"},
	{"+-++", "X: a\n b"},
	{"+-++", "X: a\n "},
	{"+-++", "X: " + strings.Repeat("v", 4096)},
	{"+--+", "X: " + strings.Repeat("v", 16<<10)},
	{"+--+", "X: a\rb"},
	{"+--+", "X Y: y"},
	{"+--+", "X : y"},
	{"+--+", "X\x01Y: y"},
	{"+--+", ": y"},
	{"+--+", "HTTP/1.1 101 a\rb"},
	{"+--+", "HTTP/1.1 101 Switching Protocols\r"},
	{"+-+-", "Upgrade: websocket\n "},
	{"+-++", "Upgrade:\n \n websocket"},
	{"+-++", "HTTP/0.9 101"},
	{"++++", "HTTP/2.0 101"},
	{"++--", "Connection: Upgrade\r"},
	{"++--", "Upgrade: websocket\r"},
	{"++--", "Transfer-Encoding: gzip"},
	{"+--+", "X@Y: a\n b"}, // each alone gets past two
	{"+--+", strings.Repeat("N", 4096) + ": y"},
	{"----", `Connection: "Upgrade"`},
	{"--+-", "Content-Length: 5,"},
	{"-+++", `Content-Disposition: ,5`},
	{"-+++", "X: a\x00b"},
}

// TestVotes: a verdict is ok when the browser and two of the gateways say yes.
func TestVotes(t *testing.T) {
	for _, c := range votes {
		want := c.votes[0] == '+' && strings.Count(c.votes[1:], "+") >= 2
		if got := judgeHead(t, c.lines); (got == nil) != want {
			t.Errorf("%s %.60q: %+v, want ok: %v", c.votes, c.lines, got, want)
		}
	}
}

// judgeHead judges a right response with other lines.
func judgeHead(t *testing.T, lines string) *fault {
	t.Helper()
	key := newKey()
	accept := acceptFor(key)
	head := []string{"HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: " + string(accept[:])}
	more := strings.Split(lines, "\n")
	for i, line := range head {
		name, _, _ := strings.Cut(line, ":")
		if strings.HasPrefix(lines, name+":") || i == 0 && strings.HasPrefix(lines, "HTTP/") {
			head[i] = strings.Join(more, "\r\n")
			more = nil
		}
	}
	text := strings.Join(append(head, more...), "\r\n") + "\r\n\r\n"
	s := &session{Prober: &Prober{Target: Target{URL: parseURL(t, "ws://localhost/")}}}
	if end := headEnd([]byte(text), 0); end != len(text) {
		t.Fatalf("%q ends at %d", text, end)
	}
	if bad, err := s.head.parse([]byte(text)); err != nil {
		return &fault{reason: BadHeader, detail: err.Error() + " " + string(bad)}
	}
	if s.head.status != http.StatusSwitchingProtocols {
		t.Fatalf("status %d", s.head.status)
	}
	return s.judge(accept)
}

// TestUnpassable: the detail says who refuses what.
func TestUnpassable(t *testing.T) {
	f := judgeHead(t, "X@Y: a\n b")
	for _, want := range []string{`nginx refuses a folded line, " b"`, `HAProxy refuses a name that is not a token, "X@Y: a"`} {
		if f == nil || f.reason != BadHeader || !strings.Contains(f.detail, want) {
			t.Errorf("%+v, want bad_header with %s", f, want)
		}
	}
}
