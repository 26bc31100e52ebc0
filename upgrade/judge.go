package upgrade

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
)

// A fault is what a step found wrong. The first one becomes the verdict.
type fault struct {
	reason Reason
	detail string
}

// judge checks a final head against RFC 6455 section 4.1, as browsers do.
func (s *session) judge(accept [acceptLen]byte) *fault {
	h, t := &s.head, &s.Target
	if h.status != http.StatusSwitchingProtocols {
		return s.badStatus()
	}
	wrong := func(reason Reason, format string, args ...any) *fault {
		return &fault{reason: reason, detail: fmt.Sprintf("101 from %s with ", t) + fmt.Sprintf(format, args...)}
	}
	// Browsers take fields that differ where there may be one for an attack on whoever counts bytes (RFC 9112 section 6.3).
	if name := h.contradiction(); name != "" {
		return wrong(BadHeader, `%s fields that differ, want one`, name)
	}
	// Item 2: "an |Upgrade| header field [whose value is] an ASCII case-insensitive match for "websocket""
	if value, count := h.get("Upgrade"); count != 1 || !equalFold(value, "websocket") {
		return wrong(BadHeader, `%s, want one "websocket"`, s.found("Upgrade", value, count))
	}
	// Item 3: "a |Connection| header field [with] a token that is an ASCII case-insensitive match for "Upgrade""
	if !h.hasToken("Connection", "upgrade") {
		value, count := h.get("Connection")
		return wrong(BadHeader, `%s, want "Upgrade" in it`, s.found("Connection", value, count))
	}
	if why := s.unpassable(); why != "" {
		return wrong(BadHeader, `a head that gateways do not pass on: %s`, why)
	}
	// Item 4: the |Sec-WebSocket-Accept| of our key, "ignoring any leading and trailing whitespace"
	if value, count := h.get("Sec-WebSocket-Accept"); count != 1 || !bytes.Equal(value, accept[:]) {
		return wrong(BadAccept, `%s, want one %q`, s.found("Sec-WebSocket-Accept", value, count), accept[:])
	}
	// Item 6: a subprotocol that was offered. When some were, browsers also refuse a response without one.
	if value, count := h.get("Sec-WebSocket-Protocol"); !t.chosen(value, count) {
		want := "none"
		if len(t.Subprotocols) > 0 {
			want = fmt.Sprintf("one of %q", t.Subprotocols)
		}
		return wrong(BadSubprotocol, `%s, want %s`, s.found("Sec-WebSocket-Protocol", value, count), want)
	}
	// Item 5: "the use of an extension that was not present in the client's handshake"
	return s.judgeExtensions()
}

// contradiction returns the name of a field that stands there more than once with different values; "" for none. The
// Content-Length is ignored when the body is chunked.
func (h *head) contradiction() string {
	switch {
	case h.differs("Content-Disposition"):
		return "Content-Disposition"
	case h.differs("Content-Length") && !h.hasToken("Transfer-Encoding", "chunked"):
		return "Content-Length"
	}
	first, count := h.get("Location")
	if count > 1 {
		for _, field := range h.fields {
			if equalFold(field.name, "Location") && !bytes.Equal(unfold(field.value), first) {
				return "Location"
			}
		}
	}
	return ""
}

// chosen reports whether a client accepts the server's choice of a subprotocol.
func (t *Target) chosen(value []byte, count int) bool {
	if len(t.Subprotocols) == 0 {
		return count == 0
	}
	return count == 1 && slices.Contains(t.Subprotocols, string(value))
}

// found describes what a head has under a name.
func (s *session) found(name string, value []byte, count int) string {
	switch count {
	case 0:
		return "no " + name
	case 1:
		return name + " " + s.quote(value)
	}
	return fmt.Sprintf("%d %s fields", count, name)
}

func (s *session) badStatus() *fault {
	h := &s.head
	detail := fmt.Sprintf("%s from %s, want 101", s.statusText(), &s.Target)
	if location, _ := h.get("Location"); h.status/100 == 3 && location != nil {
		where, _, query := bytes.Cut(location, []byte{'?'})
		detail += ", Location " + s.quote(where)
		if query {
			detail += " and a query"
		}
	}
	return &fault{reason: BadStatus, detail: detail + s.bodyText()}
}

// statusText returns the status and its reason phrase, quoted unless it is the usual one.
func (s *session) statusText() string {
	switch usual := http.StatusText(s.head.status); {
	case len(s.head.reason) == 0:
		return fmt.Sprintf("%03d", s.head.status)
	case string(s.head.reason) == usual:
		return fmt.Sprintf("%03d %s", s.head.status, usual)
	}
	return fmt.Sprintf("%03d %s", s.head.status, s.quote(s.head.reason))
}

// bodyText returns ", body " and the beginning of the body as far as it was read, without white space around it and
// without the size of a first chunk; "" when there is none.
func (s *session) bodyText() string {
	body := s.rest
	if s.head.interim() {
		return "" // what follows is another head
	}
	if s.head.hasToken("Transfer-Encoding", "chunked") {
		_, body = cutLine(body)
		body, _, _ = bytes.Cut(body, []byte("\r\n0\r\n"))
	}
	if body = bytes.TrimSpace(body); len(body) == 0 {
		return ""
	}
	return ", body " + s.quote(body)
}
