package upgrade

import (
	"bytes"
	"slices"
	"strings"
)

// A gateway is a reverse proxy between a browser and the server. A verdict holds for a browser behind one: what Chromium
// opens must also get past two of these three, as their own documentation configures them for WebSockets. What each
// refuses was measured with nginx 1.22, HAProxy 2.6 and Caddy 2.6 and is held against them by the differential test.
type gateway int

const (
	nginx gateway = iota
	haproxy
	caddy

	gatewayCount = iota
)

var gatewayNames = [gatewayCount]string{"nginx", "HAProxy", "Caddy"}

// Sizes in bytes and numbers of fields beyond which a gateway answers 502.
const (
	nginxHead     = 4 << 10 // proxy_buffer_size, one page
	haproxyHead   = 15275   // tune.bufsize less tune.maxrewrite, for the words of the status line, names, values and blocks
	haproxyBlock  = 8       // of each field
	haproxyName   = 255     // of a field
	haproxyFields = 100     // tune.http.maxhdr, less the status line
)

// refusals are why gateways do not pass on a head that a browser accepts, one reason for each.
type refusals [gatewayCount]refusal

type refusal struct {
	why  string // "" when the gateway passes it on
	line []byte // that it is about; nil for the whole head
}

func (r *refusals) add(g gateway, line []byte, why string) {
	if r[g].why == "" {
		r[g] = refusal{why, line}
	}
}

func (r *refusals) size(length int) {
	if length > nginxHead {
		r.add(nginx, nil, "a head over 4 KiB")
	}
}

func (r *refusals) count(fields, htx int) {
	if fields > haproxyFields {
		r.add(haproxy, nil, "over 100 header fields")
	}
	if htx > haproxyHead {
		r.add(haproxy, nil, "a head over 15 KiB")
	}
}

func (r *refusals) statusLine(line []byte, version [2]byte) {
	if bytes.IndexByte(line, '\r') >= 0 {
		r.add(nginx, line, "a bare CR in the status line")
		r.add(haproxy, line, "a bare CR in the status line")
	}
	if version[0] == '0' {
		r.add(nginx, line, "a version of HTTP before 1")
	}
}

func (r *refusals) fold(line []byte) {
	r.add(nginx, line, "a folded line")
	if bytes.IndexByte(line, '\r') >= 0 {
		r.add(haproxy, line, "a bare CR")
	}
}

// field judges one line with a colon.
func (r *refusals) field(line, name, value []byte) {
	switch {
	case len(name) == 0 || slices.ContainsFunc(name, func(c byte) bool { return c <= ' ' || c == 0x7f }):
		r.add(nginx, line, "white space or nothing in front of the colon")
		r.add(haproxy, line, "white space or nothing in front of the colon")
	case !IsToken(name):
		r.add(haproxy, line, "a name that is not a token")
	case len(name) > haproxyName:
		r.add(haproxy, line, "a name over 255 bytes")
	}
	if equalFold(name, "X-Accel-Redirect") {
		r.add(nginx, line, "a field that it takes for itself")
	}
	if i := bytes.IndexByte(line, '\r'); i >= 0 {
		r.add(haproxy, line, "a bare CR")
		if len(bytes.Trim(line[i:], "\r")) > 0 { // CRs right before the end of a line get past it
			r.add(nginx, line, "a bare CR")
		}
		if len(value) > 0 && (equalFold(name, "Upgrade") || equalFold(name, "Connection")) {
			r.add(caddy, line, "a bare CR in Upgrade or Connection")
		}
	}
}

// wholeFields judges what only the whole head tells: the fields that are about a body, which a 101 does not have, and what Go's
// net/http makes of Connection and of a folded Upgrade.
func (h *head) wholeFields() {
	if value, _ := h.get("Upgrade"); h.blankEnd {
		h.refused.add(caddy, value, "a blank continuation at the end of Upgrade")
	}
	if h.version[0] > '0' && h.version != [2]byte{'1', '0'} && h.hasToken("Connection", "close") {
		h.refused.add(caddy, nil, "Connection: close")
	}
	for item := range h.items("Content-Length") {
		if !isNumber(item) {
			h.refused.add(haproxy, item, "a Content-Length that is not a number")
		}
	}
	if value, count := h.get("Transfer-Encoding"); count > 1 || count == 1 && !equalFold(value, "chunked") {
		h.refused.add(caddy, value, "a Transfer-Encoding other than chunked")
		if count > 1 || len(value) > 0 {
			h.refused.add(haproxy, value, "a Transfer-Encoding other than chunked")
		}
	}
}

func isNumber(value []byte) bool {
	return len(value) > 0 && !slices.ContainsFunc(value, func(c byte) bool { return !digit(c) })
}

// unpassable describes why fewer than two gateways pass on a head; "" when two do.
func (s *session) unpassable() string {
	s.head.wholeFields()
	var reasons []string
	for g, refusal := range s.head.refused {
		if refusal.why == "" {
			continue
		}
		text := gatewayNames[g] + " refuses " + refusal.why
		if refusal.line != nil {
			text += ", " + s.excerpt(refusal.line, 60).quoted()
		}
		reasons = append(reasons, text)
	}
	if len(reasons) < 2 {
		return ""
	}
	return strings.Join(reasons, "; ")
}
