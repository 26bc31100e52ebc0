package upgrade

import (
	"bytes"
	"errors"
	"slices"
)

// maxHead bounds a response head in bytes, together with the interim ones before it.
const maxHead = 64 << 10

// A head is a parsed response head: status line and fields. Its slices point into the bytes that were parsed and
// contain their folds.
type head struct {
	status int // three digits, 0 to 999
	reason []byte
	fields []rawField
}

type rawField struct{ name, value []byte }

var (
	errNotHTTP = errors.New("no HTTP/1.x status line")
	errField   = errors.New("not a header field")
)

// interim reports whether another head follows (RFC 9110 section 15.2). 101 is final: it ends HTTP.
func (h *head) interim() bool { return h.status/100 == 1 && h.status != 101 }

// beginsHTTP reports whether b can be the beginning of an HTTP/1.x status line.
func beginsHTTP(b []byte) bool {
	const start = "HTTP/1."
	return bytes.HasPrefix(b, []byte(start)) || bytes.HasPrefix([]byte(start), b)
}

// headEnd returns the length of the head at the start of b, the empty line included, or 0 when its end is not there
// yet. The first from bytes were searched before. A line may end with a bare LF.
func headEnd(b []byte, from int) int {
	for i := max(0, from-2); ; i++ {
		next := bytes.IndexByte(b[i:], '\n')
		if next < 0 {
			return 0
		}
		i += next
		rest := b[i+1:]
		if len(rest) > 0 && rest[0] == '\n' {
			return i + 2
		}
		if len(rest) > 1 && rest[0] == '\r' && rest[1] == '\n' {
			return i + 3
		}
	}
}

// judged are the names of the fields that a verdict needs. Other fields are read and not kept.
var judged = []string{"Upgrade", "Connection", "Sec-WebSocket-Accept", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions", "Location", "Transfer-Encoding"}

// parse parses a whole head, the empty line included, and reuses h.fields. The error is errNotHTTP or errField, and
// bad is the line that it is about.
func (h *head) parse(b []byte) (bad []byte, err error) {
	h.fields = h.fields[:0]
	line, rest := cutLine(b)
	if !h.parseStatus(line) {
		return line, errNotHTTP
	}
	kept := -1 // where in b the value begins that the next line may continue; -1: it is not kept
	for first := true; ; first = false {
		line, rest = cutLine(rest)
		if len(line) == 0 {
			return nil, nil
		}
		if !printable(line) {
			return line, errField
		}
		// A line that begins with white space continues the value of the line before (RFC 9112 section 5.2).
		if line[0] == ' ' || line[0] == '\t' {
			if first {
				return line, errField
			}
			if kept >= 0 {
				h.fields[len(h.fields)-1].value = bytes.Trim(b[kept:len(b)-len(rest)], " \t\r\n")
			}
			continue
		}
		name, value, ok := parseField(line)
		if !ok {
			return line, errField
		}
		kept = -1
		if slices.ContainsFunc(judged, func(j string) bool { return equalFold(name, j) }) {
			h.fields = append(h.fields, rawField{name, value})
			kept = len(b) - len(rest) - (len(line) - bytes.IndexByte(line, ':') - 1) - lineEnd(b[:len(b)-len(rest)])
		}
	}
}

// lineEnd returns the length of the LF or CRLF that b ends with.
func lineEnd(b []byte) int {
	if bytes.HasSuffix(b, []byte("\r\n")) {
		return 2
	}
	return 1
}

// cutLine cuts off the first line, and drops its LF or CRLF.
func cutLine(b []byte) (line, rest []byte) {
	line, rest, _ = bytes.Cut(b, []byte{'\n'})
	return bytes.TrimSuffix(line, []byte{'\r'}), rest
}

// parseStatus parses "HTTP/1." and any digit, spaces, three digits, and a reason phrase or none. Clients accept 1.0
// too, and a phrase without a space in front of it.
func (h *head) parseStatus(line []byte) bool {
	line, found := bytes.CutPrefix(line, []byte("HTTP/1."))
	if !found || len(line) < 2 || !digit(line[0]) || line[1] != ' ' {
		return false
	}
	line = bytes.TrimLeft(line[1:], " ")
	if len(line) < 3 || !digit(line[0]) || !digit(line[1]) || !digit(line[2]) || len(line) > 3 && digit(line[3]) {
		return false
	}
	h.status = int(line[0]-'0')*100 + int(line[1]-'0')*10 + int(line[2]-'0')
	h.reason = bytes.Trim(line[3:], " \t")
	return true
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// parseField parses "name: value". White space in front of the colon is ignored, as Chromium and Go do.
func parseField(line []byte) (name, value []byte, ok bool) {
	name, value, ok = bytes.Cut(line, []byte{':'})
	name = bytes.TrimRight(name, " \t")
	if len(name) == 0 {
		return nil, nil, false
	}
	for _, c := range name {
		if !tokenByte(c) {
			return nil, nil, false
		}
	}
	return name, bytes.Trim(value, " \t"), ok
}
