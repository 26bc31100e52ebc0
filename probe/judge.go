package probe

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"

	"wshealthz/upgrade"
)

// judge judges a complete head. What announces a body in a way that others may read differently is refused, because what
// follows could be taken for another request (RFC 9112 section 11.2).
func (h *head) judge() *refusal {
	h.close = h.wantsClose()
	switch coded := h.codings > 0 && h.atLeast11(); {
	case h.hosts > 1:
		return refuse(http.StatusBadRequest, "more than one Host")
	case coded && (h.codings > 1 || !equalFold(h.coding, "chunked")):
		return refuse(http.StatusNotImplemented, "a Transfer-Encoding other than chunked")
	case h.lengths > 0 && (h.badLength || !isLength(h.length)):
		return refuse(http.StatusBadRequest, "no usable Content-Length")
	case h.version[0] == '2':
		return refuse(http.StatusHTTPVersionNotSupported, http2)
	case h.version[0] != '1':
		return refuse(http.StatusHTTPVersionNotSupported, "HTTP/"+string(h.version[0])+"."+string(h.version[1]))
	case h.hosts == 0 && h.atLeast11() && !h.isMethod(http.MethodConnect):
		return refuse(http.StatusBadRequest, "no Host")
	case bytes.ContainsFunc(h.host, func(r rune) bool { return !hostRune(r) }):
		return refuse(http.StatusBadRequest, "not a Host: "+firstBytes(h.host))
	case h.badName:
		return refuse(http.StatusBadRequest, "white space in the name of a header field")
	default:
		// HTTP/1.0 has no Transfer-Encoding, but a caller that sends one may mean it (RFC 9112 section 6.1).
		h.hasBody = h.codings > 0 || h.lengths > 0 && strings.Trim(string(h.length), "0") != ""
	}
	return nil
}

// atLeast11 reports whether the version is HTTP/1.1 or above.
func (h *head) atLeast11() bool {
	return h.version[0] > '1' || h.version[0] == '1' && h.version[1] > '0'
}

// wantsClose reports whether the connection ends after the answer: HTTP/1.0 keeps it only when asked to (RFC 9112 section 9.3).
func (h *head) wantsClose() bool {
	if h.connection == nil {
		return !h.atLeast11()
	}
	keep := h.atLeast11()
	for option := range bytes.SplitSeq(h.connection, []byte{','}) {
		if option = bytes.Trim(option, " \t"); equalFold(option, "close") {
			return true
		}
		keep = keep || equalFold(option, "keep-alive")
	}
	return !keep
}

// tooLong returns why a head does not fit.
func (h *head) tooLong() *refusal {
	if h.method == nil {
		return refuse(http.StatusRequestURITooLong, "a request line over 8 KiB")
	}
	return refuse(http.StatusRequestHeaderFieldsTooLarge, "a head over 8 KiB")
}

func isLength(value []byte) bool {
	_, err := strconv.ParseUint(string(value), 10, 63)
	return err == nil
}

// hostRune reports whether r may stand in a Host, as lenient as net/http is.
func hostRune(r rune) bool {
	return r < 0x80 && (upgrade.IsTokenByte(byte(r)) && r != '#' && r != '^' && r != '`' && r != '|' || strings.ContainsRune("():;=,[]", r))
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

// equalFold reports whether b and s are equal, ignoring the case of ASCII letters.
func equalFold(b []byte, s string) bool { return len(b) == len(s) && strings.EqualFold(string(b), s) }
