package upgrade

import (
	"fmt"
	"slices"
)

// upgrade does the opening handshake: one request, one response head, one judgement.
func (s *session) upgrade() *fault {
	key := newKey()
	if s.Fields != nil {
		s.fields, s.hidden = s.Fields(), nil
	}
	s.buf = s.Target.appendHandshake(s.buf[:0], key, s.fields)
	if f := s.request(); f != nil {
		return f
	}
	return s.judge(acceptFor(key))
}

// request sends what s.buf holds and reads a response head.
func (s *session) request() *fault {
	// A failed write fails the read too, after the response that the server may have sent before it closed.
	s.conn.Write(s.buf)
	s.buf = s.buf[:0]
	return s.response()
}

// response reads until s.head is a whole head, the first in s.buf, and s.rest what was read after it. An interim response
// (RFC 9110 section 15.2) is one: neither browsers nor gateways pass over it on the way to a 101.
func (s *session) response() *fault {
	end, f := s.readHead()
	if f != nil {
		return f
	}
	bad, err := s.head.parse(s.buf[:end])
	s.upgraded = s.head.status == 101
	switch err {
	case errNotHTTP:
		return s.notHTTP(bad)
	case errField:
		return &fault{reason: BadHeader, detail: fmt.Sprintf("response from %s has the line %s, want a header field", &s.Target, s.quote(bad))}
	}
	s.rest = s.buf[end:]
	return nil
}

// readHead reads until s.buf holds a whole head and returns its length.
func (s *session) readHead() (int, *fault) {
	for searched := 0; ; {
		end := headEnd(s.buf, searched)
		switch {
		case !beginsHTTP(s.buf):
			return 0, s.notHTTP(s.buf)
		case end > maxHead || end == 0 && len(s.buf) >= maxHead:
			return 0, &fault{reason: BadHeader, detail: fmt.Sprintf("response from %s has a head over %d bytes, want less", &s.Target, maxHead)}
		case end > 0:
			return end, nil
		}
		searched = len(s.buf)
		if len(s.buf) == cap(s.buf) {
			s.buf = slices.Grow(s.buf, len(s.buf))
		}
		n, err := s.conn.Read(s.buf[len(s.buf):cap(s.buf)])
		s.buf = s.buf[:len(s.buf)+n]
		if err != nil && n == 0 {
			return 0, s.noHead(err)
		}
	}
}

func (s *session) notHTTP(line []byte) *fault {
	return &fault{reason: NotHTTP, detail: fmt.Sprintf(`response from %s begins %s, want "HTTP/1.1 101"`, &s.Target, s.quote(line))}
}

// noHead returns the fault of a read that failed before the end of the head.
func (s *session) noHead(err error) *fault {
	doing := fmt.Sprintf("handshake with %s (%d bytes received)", &s.Target, len(s.buf))
	if f := s.ended(err, UpgradeTimeout, doing, s.budget); f != nil {
		return f
	}
	if f := s.tlsFault(err, doing); f != nil {
		return f
	}
	return &fault{reason: HungUp, detail: doing + ": " + ioText(err) + ", want 101"}
}
