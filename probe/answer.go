package probe

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"wshealthz/upgrade"
)

// maxBody bounds a body, its line feed included, in bytes. The hint and the reason always fit.
const maxBody = 512

// An Answer is what a caller gets.
type Answer struct {
	Status int
	// Fields are the header fields beyond those that every answer has, each "Name: value" and CRLF.
	Fields string
	Body   []byte // is left out of an answer to HEAD
}

const textFields = "Content-Type: text/plain; charset=utf-8\r\n"

// TextAnswer returns an answer of one line of printable ASCII, at most 512 bytes: "…" becomes "...", every other character that
// is not becomes "?".
func TextAnswer(status int, text string) Answer {
	text = toASCII(text)
	if len(text) >= maxBody {
		text = text[:maxBody-4] + "..."
	}
	return Answer{Status: status, Fields: textFields, Body: []byte(text + "\n")}
}

// MethodNotAllowed returns the answer to a method other than those that are allowed.
func MethodNotAllowed(allowed ...string) Answer {
	a := TextAnswer(http.StatusMethodNotAllowed, "method not allowed, use "+strings.Join(allowed, " or "))
	a.Fields += "Allow: " + strings.Join(allowed, ", ") + "\r\n"
	return a
}

// VerdictAnswer returns the answer for a verdict: 200 and "ok", or 503 and the reason.
func VerdictAnswer(v upgrade.Verdict) Answer {
	if v.Healthy() {
		return okAnswer
	}
	return TextAnswer(http.StatusServiceUnavailable, v.String())
}

// okAnswer is nearly every answer.
var okAnswer = TextAnswer(http.StatusOK, upgrade.Verdict{Reason: upgrade.OK}.String())

// appendAnswer appends an answer as it goes to the caller. A long body is left to be written after it.
func (c *conn) appendAnswer(b []byte, a Answer, closing bool) []byte {
	version := "HTTP/1.1 "
	old := c.head.method != nil && !c.head.atLeast11()
	if old {
		version = "HTTP/1.0 "
	}
	b = append(b, version...)
	b = strconv.AppendInt(b, int64(a.Status), 10)
	b = append(append(b, ' '), http.StatusText(a.Status)...)
	b = append(append(b, "\r\nCache-Control: no-store\r\n"...), a.Fields...)
	b = append(b, "Content-Length: "...)
	b = strconv.AppendInt(b, int64(len(a.Body)), 10)
	b = append(append(b, "\r\nDate: "...), c.date.at(time.Now())...)
	switch {
	case closing:
		b = append(b, "\r\nConnection: close"...)
	case old: // HTTP/1.0 keeps a connection only when it is told so
		b = append(b, "\r\nConnection: keep-alive"...)
	}
	b = append(b, "\r\n\r\n"...)
	c.body = nil
	switch {
	case c.head.isMethod(http.MethodHead):
	case len(a.Body) <= maxBody:
		b = append(b, a.Body...)
	default:
		c.body = a.Body
	}
	return b
}

// toASCII returns text as printable ASCII.
func toASCII(text string) string {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return strings.Map(func(r rune) rune {
				if r < ' ' || r > '~' {
					return '?'
				}
				return r
			}, strings.ReplaceAll(text, "…", "..."))
		}
	}
	return text
}

// A dateText is the value of Date, which changes once a second (RFC 9110 section 6.6.1).
type dateText struct {
	second int64
	text   string
}

func (d *dateText) at(now time.Time) string {
	if second := now.Unix(); second != d.second {
		d.second, d.text = second, now.UTC().Format(http.TimeFormat)
	}
	return d.text
}
