package upgrade

import (
	"strings"
	"testing"

	"wshealthz/internal/testbed"
)

func TestPlainGet(t *testing.T) {
	requests := make(chan string, 1)
	address, closings := testbed.Serve(t, "tcp4", func(p *testbed.Peer) {
		p.ReadRequest()
		p.Answer("HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\n\r\nno\n")
		requests <- p.Head
	})
	p := newProber(t, address)
	p.Origin = "same"
	p.Fields = func() []Field { return []Field{{"Authorization", "x"}} }
	if got := p.PlainGet(t.Context()); got != (PlainResponse{400, `400 Bad Request, body "no"`}) {
		t.Error(got)
	}
	if request := <-requests; strings.Contains(request, "pgrade") || strings.Contains(request, "Origin") || strings.Contains(request, "Authorization") {
		t.Errorf("a gateway would not send %q", request)
	}
	wantPoliteClose(t, closings, false)
	p.Wait(t.Context())
}

// TestNoPlainResponse: an interim response alone does not count, and its status is not reported.
func TestNoPlainResponse(t *testing.T) {
	address, closings := testbed.Serve(t, "tcp4", func(p *testbed.Peer) {
		p.ReadRequest()
		p.Answer("HTTP/1.1 103 Early Hints\r\n\r\n")
		p.CloseWrite()
	})
	p := newProber(t, address)
	if got := p.PlainGet(t.Context()); got.Status != 0 || got.Text == "" {
		t.Errorf("%+v, want no status and a reason", got)
	}
	wantPoliteClose(t, closings, false)
	p.Wait(t.Context())
	p = newProber(t, refusing(t))
	if got := p.PlainGet(t.Context()); got.Status != 0 || !strings.Contains(got.Text, "refused") {
		t.Errorf("%+v, want refused", got)
	}
}
