package upgrade

import (
	"bytes"
	"strconv"
	"strings"
)

const (
	maxQuoted   = 200     // bytes of what a server sent that are quoted in a detail, and shown of a traced message
	maxReceived = 1 << 10 // bytes of it that a verdict keeps
	maxSearched = 4 << 10 // bytes of it that are searched for our secrets before it is cut
)

// An Excerpt is the beginning of what a server sent, or of one message. Our own secrets in it are already replaced
// by "...", unless Prober.ShowSecrets is set. The bytes are untrusted otherwise: show String or Lines, not Bytes.
type Excerpt struct {
	Bytes     []byte
	Truncated bool // more came than is kept
}

// String returns the bytes as a double-quoted Go string in printable ASCII, followed by "..." when truncated.
// It returns "" when there are no bytes.
func (e Excerpt) String() string {
	if len(e.Bytes) == 0 {
		return ""
	}
	return e.quoted()
}

func (e Excerpt) quoted() string {
	quoted := strconv.QuoteToASCII(string(e.Bytes))
	if e.Truncated {
		quoted += "..."
	}
	return quoted
}

// Lines returns the text line by line, without the LF or CRLF that ends each, in printable ASCII: any other byte is
// escaped as in String, except that a double quote stays as it is. The last line ends with "..." when truncated. It
// returns nil when there are no bytes.
func (e Excerpt) Lines() (lines []string) {
	for line := range bytes.Lines(e.Bytes) {
		if text, ended := bytes.CutSuffix(line, []byte("\n")); ended {
			line = bytes.TrimSuffix(text, []byte("\r"))
		}
		quoted := strconv.QuoteToASCII(string(line))
		lines = append(lines, unescapeQuotes.Replace(quoted[1:len(quoted)-1]))
	}
	if e.Truncated && len(lines) > 0 {
		lines[len(lines)-1] += "..."
	}
	return lines
}

// unescapeQuotes turns \" into a double quote, and leaves a quote after an escaped backslash alone.
var unescapeQuotes = strings.NewReplacer(`\\`, `\\`, `\"`, `"`)

// excerpt returns at most limit bytes of what the server sent. Many servers repeat the request in their response:
// our own secrets become "...", unless they may be shown.
func (s *session) excerpt(b []byte, limit int) Excerpt {
	if len(b) == 0 {
		return Excerpt{}
	}
	searched := b[:min(len(b), maxSearched)]
	shown := searched
	if !s.ShowSecrets {
		shown = redact(searched, s.secrets())
	}
	kept := shown[:min(len(shown), limit)]
	return Excerpt{Bytes: bytes.Clone(kept), Truncated: len(kept) < len(shown) || len(searched) < len(b)}
}

// quote returns the beginning of what the server sent as a detail shows it.
func (s *session) quote(b []byte) string { return s.excerpt(b, maxQuoted).quoted() }
