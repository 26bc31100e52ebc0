package upgrade

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"wshealthz/internal/testbed"
)

// hostileServers send what exhausts a careless client. The slow ones end with the budget, the others at once.
var hostileServers = []struct {
	name   string
	reason Reason
	script testbed.Script
	slow   bool // ends with the budget
}{
	{"an endless line", BadHeader, floods("HTTP/1.1 101 X\r\nX: ", "x"), false},
	{"an endless status line", BadHeader, floods("HTTP/1.1 101 ", "x"), false},
	{"endless fields", BadHeader, floods("HTTP/1.1 101 X\r\n", "X: y\r\n"), false},
	{"endless interim answers", BadStatus, floods("", "HTTP/1.1 100 Continue\r\n\r\n"), false},
	{"an endless error body", BadStatus, floods("HTTP/1.1 500 Internal Server Error\r\n\r\n", "<html>"), false},
	{"endless garbage", NotHTTP, floods("", "\x00\xff"), false},
	{"endless text after the 101", OK, floods(acceptText, text("flood")), false},
	{"a byte at a time forever", UpgradeTimeout, drips("HTTP/1.1 101 ", "x", 30*time.Millisecond), true},
	{"a field at a time forever", UpgradeTimeout, drips("HTTP/1.1 101 X\r\n", "X: y\r\n", 30*time.Millisecond), true},
	{"an interim answer at a time forever", BadStatus, drips("", "HTTP/1.1 100 Continue\r\n\r\n", 30*time.Millisecond), true},
}

func TestHostileServers(t *testing.T) {
	t.Parallel()
	for _, c := range hostileServers {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address, _ := testbed.Serve(t, "tcp4", c.script)
			p := newProber(t, address)
			if c.slow {
				short(p)
			}
			began := time.Now()
			verdict := p.Probe(t.Context())
			if verdict.Reason != c.reason {
				t.Errorf("%v, want %v", verdict, c.reason)
			}
			if len(verdict.String()) > 512 {
				t.Errorf("%d bytes of verdict, want at most 512", len(verdict.String()))
			}
			if over := time.Since(began) - p.Timeout; over > shortTimeout {
				t.Errorf("%v over the budget", over)
			}
			p.Wait(context.Background())
		})
	}
}

// TestEndAtEveryByte: a server that goes away within the head hung up, wherever that is.
func TestEndAtEveryByte(t *testing.T) {
	ends := make(chan int, 1)
	address, closings := testbed.Serve(t, "tcp4", func(p *testbed.Peer) {
		whole := strings.ReplaceAll(acceptText, "{accept}", p.ReadRequest())
		io.WriteString(p, whole[:<-ends])
		p.CloseWrite()
	})
	p := newProber(t, address)
	whole := len(acceptText) - len("{accept}") + acceptLen
	for end := range whole {
		ends <- end
		if verdict, _ := probe(t, p); verdict.Reason != HungUp || !strings.Contains(verdict.Detail, fmt.Sprintf("(%d bytes received)", end)) {
			t.Errorf("after %d bytes: %v, want hung_up", end, verdict)
		}
		wantPoliteClose(t, closings, false)
	}
}

// TestManyShortFields: a head of 64 KiB in the smallest fields, or in one folded value, costs no more than any other.
func TestManyShortFields(t *testing.T) {
	for name, text := range map[string]string{
		"fields": "HTTP/1.1 500 X\r\n" + strings.Repeat("a:\n", 20000) + "\n",
		"kept":   "HTTP/1.1 500 X\r\nUpgrade:x\n" + strings.Repeat("a:\n", 20000) + "\n",
		"folds":  "HTTP/1.1 500 X\r\nUpgrade:x\n" + strings.Repeat(" x\n", 20000) + "\n",
	} {
		var h head
		if allocated := testing.AllocsPerRun(10, func() { h.parse([]byte(text)) }); allocated > 8 {
			t.Errorf("%s: %v allocations, want a few", name, allocated)
		}
		if len(h.fields) > 1 {
			t.Errorf("%s: %d fields are kept, want the judged ones", name, len(h.fields))
		}
	}
}
