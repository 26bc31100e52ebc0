package upgrade

import (
	"strconv"
	"strings"
)

const (
	maxQuoted = 200 // bytes of what a server sent that are shown
	maxDetail = 320 // bytes of a detail: with phase, reason and hint it fits a body of 512
)

// quote shows bytes that a server sent: quoted, ASCII, no control characters, at most maxQuoted bytes of them.
func quote(b []byte) string {
	if len(b) > maxQuoted {
		return strconv.QuoteToASCII(string(b[:maxQuoted])) + "..."
	}
	return strconv.QuoteToASCII(string(b))
}

// plain makes any text fit for a line: what is not printable ASCII becomes "?", and at most max bytes stay.
// The "…" for a hidden query is kept.
func plain(text string, max int) string {
	text = strings.Map(func(r rune) rune {
		if r >= ' ' && r <= '~' || r == '…' {
			return r
		}
		return '?'
	}, text)
	if len(text) > max {
		text = strings.ToValidUTF8(text[:max-3], "") + "..."
	}
	return text
}
