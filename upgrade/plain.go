package upgrade

import (
	"context"
	"time"
)

// A PlainResponse is the response to a GET without an upgrade.
type PlainResponse struct {
	// Status is the status code, 0 when there was no response.
	Status int
	// Text is one line: status, reason phrase and the beginning of the body, or why there was no response. It has at
	// most 320 bytes, printable ASCII except for the "…" that stands for the target's query; what the server sent is
	// quoted.
	Text string
}

// PlainGet sends the target a GET without an upgrade, as a load balancer does that probes the server itself. It follows
// no redirects. Canceling ctx and its deadline work as in Probe. The connection is closed as after a probe, and Closed
// is called with a verdict that has only At.
func (p *Prober) PlainGet(ctx context.Context) PlainResponse {
	s := newSession(ctx, p)
	f := s.plainGet()
	s.stopWatch()
	response := PlainResponse{Text: toASCII(f.detail, maxDetail)}
	if f.reason == OK {
		response.Status = s.head.status
	}
	p.startClose(s, Verdict{At: time.Now()})
	return response
}

// plainGet takes the steps of a probe with another request. The detail of the fault is the response, for reason OK.
func (s *session) plainGet() *fault {
	if f := s.dial(); f != nil {
		return f
	}
	if s.Target.Secure() {
		if f := s.handshakeTLS(); f != nil {
			return f
		}
	}
	s.buf = s.Target.appendPlainGet(s.buf[:0])
	f := s.request()
	for total := 0; f == nil && s.head.interim() && total < maxHead; f = s.response() {
		total += len(s.buf) - len(s.rest)
		s.buf = append(s.buf[:0], s.rest...)
	}
	if f != nil {
		return f
	}
	return &fault{reason: OK, detail: s.statusText() + s.bodyText()}
}

// interim reports whether another head follows, for a request without an upgrade (RFC 9110 section 15.2).
func (h *head) interim() bool { return h.status/100 == 1 && h.status != 101 }
