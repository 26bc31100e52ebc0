package probe

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"wshealthz/upgrade"
)

// A head is the head of a request, of which only what an answer depends on is kept. It is judged as net/http does: what that
// takes is taken, what that refuses is refused with the same status. Its slices point into the bytes that were parsed.
type head struct {
	parsed   int  // bytes: the lines so far
	complete bool // the empty line came

	method, target []byte
	version        [2]byte // the digits of HTTP/1.1
	path           string  // decoded
	query          string  // as sent, without its question mark
	latest         string  // the path of the request before, which is often the same

	host, agent, length, coding []byte  // values of Host, User-Agent, Content-Length and Transfer-Encoding
	hosts, lengths, codings     int     // how many there are
	connection                  []byte  // all Connection fields, separated by commas
	last                        *[]byte // the value that a continuation line continues; nil: it is not kept
	fields                      int
	badName, badLength          bool
	origin, fetchSite           bool // there is an Origin, a Sec-Fetch-Site

	hasBody bool // one is announced
	close   bool // the caller wants the connection to end
}

func (h *head) isMethod(name string) bool { return string(h.method) == name }

// parse parses the lines of b that were not parsed yet. secured says that b came over TLS. It returns what is wrong with the
// request as soon as that is certain, and sets complete when nothing is and the head is complete.
func (h *head) parse(b []byte, secured bool) *refusal {
	if h.parsed == 0 && len(b) > 0 {
		if wrong := foreign(b, secured); wrong != nil {
			return wrong
		}
	}
	for !h.complete {
		end := bytes.IndexByte(b[h.parsed:], '\n')
		if end < 0 {
			return nil
		}
		line := bytes.TrimSuffix(b[h.parsed:h.parsed+end], []byte{'\r'})
		h.parsed += end + 1
		if wrong := h.parseLine(line); wrong != nil {
			return wrong
		}
	}
	return nil
}

func (h *head) parseLine(line []byte) *refusal {
	switch {
	case h.method == nil:
		return h.parseRequestLine(line)
	case len(line) == 0:
		h.complete = true
		return h.judge()
	case line[0] == ' ' || line[0] == '\t':
		return h.continueField(line)
	}
	return h.parseField(line)
}

// parseRequestLine parses method, target and version, each separated by one space (RFC 9112 section 3).
func (h *head) parseRequestLine(line []byte) *refusal {
	method, rest, _ := bytes.Cut(line, []byte{' '})
	target, version, found := bytes.Cut(rest, []byte{' '})
	versioned := len(version) == len("HTTP/1.1") && bytes.HasPrefix(version, []byte("HTTP/")) && digit(version[5]) && version[6] == '.' && digit(version[7])
	switch {
	case !versioned && bytes.HasPrefix(line, []byte("PROXY ")):
		return refuse(http.StatusBadRequest, proxyProtocol)
	case !found || !upgrade.IsToken(method):
		return refuse(http.StatusBadRequest, "not an HTTP request: "+firstBytes(line))
	case !versioned:
		return refuse(http.StatusBadRequest, "not a version of HTTP: "+firstBytes(version))
	}
	h.method, h.target, h.version = method, target, [2]byte{version[5], version[7]}
	if !h.parseTarget() {
		return refuse(http.StatusBadRequest, "not a request target: "+firstBytes(target))
	}
	return nil
}

// parseTarget sets path and query, and reports whether the target has one of the forms of RFC 9112 section 3.2.
func (h *head) parseTarget() bool {
	if raw := h.target; len(raw) > 0 && raw[0] == '/' && bytes.IndexByte(raw, '%') < 0 {
		path, query, _ := bytes.Cut(raw, []byte{'?'})
		if h.path = h.latest; string(path) != h.latest {
			h.path = string(path)
		}
		h.query = string(query)
		return !bytes.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || r == 0x7f })
	}
	text := string(h.target)
	if h.isMethod(http.MethodConnect) && !strings.HasPrefix(text, "/") {
		text = "http://" + text
	}
	u, err := url.ParseRequestURI(text)
	if err != nil {
		return false
	}
	if h.path, h.query = u.Path, u.RawQuery; h.path == "" && u.Host != "" {
		h.path = "/" // RFC 9110 section 4.2.3
	}
	return true
}

// parseField parses a field line, and keeps its value if an answer depends on it.
func (h *head) parseField(line []byte) *refusal {
	name, value, found := bytes.Cut(line, []byte{':'})
	if !found || len(name) == 0 || !upgrade.IsFieldValue(value) {
		return refuse(http.StatusBadRequest, "not a header field: "+firstBytes(line))
	}
	for _, c := range name {
		if c == ' ' {
			h.badName = true
		} else if !upgrade.IsTokenByte(c) {
			return refuse(http.StatusBadRequest, "not a header field: "+firstBytes(line))
		}
	}
	h.fields++
	h.keep(name, bytes.Trim(value, " \t"))
	return nil
}

// keep keeps the value of a field that an answer depends on.
func (h *head) keep(name, value []byte) {
	h.last, value = nil, slices.Clip(value) // see join
	switch len(name) {                      // most fields are none of these
	case len("Host"):
		if equalFold(name, "Host") {
			h.host, h.last = value, &h.host
			h.hosts++
		}
	case len("Origin"):
		h.origin = h.origin || equalFold(name, "Origin")
	case len("User-Agent"):
		if equalFold(name, "User-Agent") {
			h.agent, h.last = value, &h.agent
		} else if equalFold(name, "Connection") {
			h.connection = join(h.connection, value, ',')
			h.last = &h.connection
		}
	case len("Content-Length"):
		if equalFold(name, "Content-Length") {
			h.badLength = h.badLength || h.lengths > 0 && !bytes.Equal(h.length, value)
			h.length, h.last = value, &h.length
			h.lengths++
		}
		h.fetchSite = h.fetchSite || equalFold(name, "Sec-Fetch-Site") // of the same length
	case len("Transfer-Encoding"):
		if equalFold(name, "Transfer-Encoding") {
			h.coding, h.last = value, &h.coding
			h.codings++
		}
	}
}

// continueField makes a line that begins with white space part of the value before, after one space (RFC 9112 section 5.2).
func (h *head) continueField(line []byte) *refusal {
	if h.fields == 0 || !upgrade.IsFieldValue(line) {
		return refuse(http.StatusBadRequest, "not a header field: "+firstBytes(line))
	}
	if h.last != nil {
		*h.last = join(*h.last, bytes.Trim(line, " \t"), ' ')
	}
	return nil
}

// join returns a, the separator and b, or b when a is nil. A value that is part of the request is clipped, so that the bytes
// after it stay; what join returned before is appended to in place, so that many short lines do not cost their square.
func join(a, b []byte, separator byte) []byte {
	if a == nil {
		return slices.Clip(b)
	}
	return append(append(a, separator), b...)
}
