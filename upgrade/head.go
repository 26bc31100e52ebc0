package upgrade

import (
	"bytes"
	"errors"
	"slices"
)

// maxHead bounds a response head in bytes. No two of the gateways pass on one of this size.
const maxHead = 64 << 10

// A head is a parsed response head: status line and fields. Its slices point into the bytes that were parsed and
// contain their folds.
type head struct {
	status  int // three digits, 0 to 999
	reason  []byte
	fields  []rawField
	refused refusals // by gateways, for what a browser accepts

	version  [2]byte // the digits of HTTP/1.1
	blankEnd bool    // the value of Upgrade ends with a blank continuation line
}

type rawField struct{ name, value []byte }

var (
	errNotHTTP = errors.New("no HTTP/1.x status line")
	errField   = errors.New("not a header field")
)

// beginsHTTP reports whether b can be the beginning of a status line of HTTP with a version of two digits.
func beginsHTTP(b []byte) bool {
	const start = "HTTP/1."
	if len(b) > len("HTTP/") && digit(b[len("HTTP/")]) && bytes.HasPrefix(b, []byte("HTTP/")) {
		return len(b) == len("HTTP/1") || b[len("HTTP/1")] == '.'
	}
	return bytes.HasPrefix([]byte(start), b)
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
var judged = []string{
	"Upgrade", "Connection", "Sec-WebSocket-Accept", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions",
	"Location", "Transfer-Encoding", "Content-Length", "Content-Disposition",
}

// parse parses a whole head, the empty line included, and reuses h.fields. The error is errNotHTTP or errField, and
// bad is the line that it is about.
func (h *head) parse(b []byte) (bad []byte, err error) {
	h.fields, h.refused, h.blankEnd = h.fields[:0], refusals{}, false
	line, rest := cutLine(b)
	if !h.parseStatus(line) {
		return line, errNotHTTP
	}
	h.refused.size(len(b))
	htx := len(line) - len("  ") // what HAProxy stores, in bytes
	value := -1                  // where in b the value begins that the next line may continue; -1: it is not kept
	var fold []byte              // the last line of that value; nil when it has no folds
	count := 0
	for first := true; ; first = false {
		start := len(b) - len(rest)
		line, rest = cutLine(rest)
		folds := len(line) > 0 && (line[0] == ' ' || line[0] == '\t')
		if !folds && fold != nil {
			h.foldField(b[value:start], fold)
			fold = nil
		}
		switch {
		case len(line) == 0:
			h.refused.count(count, htx)
			return nil, nil
		case bytes.IndexByte(line, 0) >= 0 || first && folds:
			return line, errField
		case folds: // such a line continues the value of the line before (RFC 9112 section 5.2)
			h.refused.fold(line)
			htx += len(line)
			if value >= 0 {
				fold = line
			}
			continue
		}
		name, text, ok := parseField(line)
		if !ok {
			return line, errField
		}
		count++
		htx += len(name) + len(text) + haproxyBlock
		value = -1
		if h.addField(line, name, text) {
			value = start + len(name) + 1
		}
	}
}

// addField judges a field, keeps it if a verdict needs it, and reports whether it did.
func (h *head) addField(line, name, value []byte) bool {
	h.refused.field(line, name, value)
	kept := slices.ContainsFunc(judged, func(j string) bool { return equalFold(name, j) })
	if kept {
		h.fields = append(h.fields, rawField{name, value})
	}
	return kept
}

// foldField makes the folds part of the last field, once all are there: each may be blank, and be trimmed. value is all of
// the field's value, and line its last line.
func (h *head) foldField(value, line []byte) {
	last := &h.fields[len(h.fields)-1]
	last.value = bytes.Trim(value, " \t\r\n")
	if equalFold(last.name, "Upgrade") {
		h.blankEnd = len(bytes.Trim(line, " \t\r")) == 0
	}
}

// cutLine cuts off the first line, and drops its LF or CRLF.
func cutLine(b []byte) (line, rest []byte) {
	line, rest, _ = bytes.Cut(b, []byte{'\n'})
	return bytes.TrimSuffix(line, []byte{'\r'}), rest
}

// parseStatus parses "HTTP/", a digit, "." and a digit, spaces, three digits, and then either the end of the line or a space
// and a reason phrase of any bytes but NUL. Browsers and gateways take other versions than 1.1 too.
func (h *head) parseStatus(line []byte) bool {
	version, found := bytes.CutPrefix(line, []byte("HTTP/"))
	if !found || len(version) < 4 || !digit(version[0]) || version[1] != '.' || !digit(version[2]) || version[3] != ' ' {
		return false
	}
	code := bytes.TrimLeft(version[3:], " ")
	if len(code) < 3 || !digit(code[0]) || !digit(code[1]) || !digit(code[2]) || len(code) > 3 && code[3] != ' ' || bytes.IndexByte(code, 0) >= 0 {
		return false
	}
	h.status = int(code[0]-'0')*100 + int(code[1]-'0')*10 + int(code[2]-'0')
	h.reason = bytes.Trim(code[3:], " \t")
	h.version = [2]byte{version[0], version[2]}
	h.refused.statusLine(line, h.version)
	return true
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// parseField parses "name: value". A name may be odd, even empty: what gateways think of it is another matter.
func parseField(line []byte) (name, value []byte, ok bool) {
	name, value, ok = bytes.Cut(line, []byte{':'})
	return name, bytes.Trim(value, " \t\r"), ok
}
