package upgrade

import (
	"context"
	"time"
)

// PlainGet says on one line what a GET without an upgrade gets from the target, which is what a load balancer sees
// that probes the server itself. It follows no redirect. The connection is left as after a probe.
func (p *Prober) PlainGet(ctx context.Context) string {
	s := newSession(ctx, p)
	f := s.plainGet()
	s.stop()
	text := f.detail
	p.leave(s, Verdict{At: time.Now()})
	return plain(text, maxDetail)
}

// plainGet takes the steps of a probe with another request. The fault's detail is what came.
func (s *session) plainGet() *fault {
	if f := s.dial(); f != nil {
		return f
	}
	if s.Target.secure() {
		if f := s.secure(); f != nil {
			return f
		}
	}
	s.buf = s.Target.appendPlainGet(s.buf[:0])
	if f := s.request(); f != nil {
		return f
	}
	detail := s.statusText()
	if body := excerpt(&s.head, s.rest); len(body) > 0 {
		detail += ", body " + s.quote(body)
	}
	return &fault{reason: OK, detail: detail}
}
