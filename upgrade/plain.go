package upgrade

import (
	"context"
	"time"
)

// A PlainResponse is what a GET without an upgrade gets.
type PlainResponse struct {
	// Status is the answer's; 0 when none came.
	Status int
	// Text is the answer on one line, status, reason phrase and the beginning of the body, or why none came: printable
	// ASCII, what the server sent quoted, at most maxDetail bytes, but for the "…" that stands for the target's query.
	Text string
}

// PlainGet asks the target with a GET without an upgrade, as a load balancer does that probes the server itself. It
// follows no redirect. The connection is left as after a probe.
func (p *Prober) PlainGet(ctx context.Context) PlainResponse {
	s := newSession(ctx, p)
	f := s.plainGet()
	s.stopWatch()
	answer := PlainResponse{Text: toASCII(f.detail, maxDetail)}
	if f.reason == OK {
		answer.Status = s.head.status
	}
	p.startClose(s, Verdict{At: time.Now()})
	return answer
}

// plainGet takes the steps of a probe with another request. The fault's detail is what came.
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
	if f := s.request(); f != nil {
		return f
	}
	detail := s.statusText()
	if body := bodyText(&s.head, s.rest); len(body) > 0 {
		detail += ", body " + s.quote(body)
	}
	return &fault{reason: OK, detail: detail}
}
