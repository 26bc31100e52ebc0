package upgrade

import (
	"bytes"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	maxQuoted = 200     // bytes of what a server sent that are shown
	maxLooked = 4 << 10 // bytes of it that are searched for our secrets before it is cut
	minSecret = 3       // bytes: to hide less would hide ordinary letters
	maxDetail = 320     // bytes of a detail: with phase, reason and hint it fits a body of 512
)

// quote shows bytes that a server sent: quoted, ASCII, no control characters, at most maxQuoted bytes of them.
func quote(b []byte) string {
	if len(b) > maxQuoted {
		return strconv.QuoteToASCII(string(b[:maxQuoted])) + "..."
	}
	return strconv.QuoteToASCII(string(b))
}

// quote is quote for what the session's server sent. Many servers answer with what they were asked: our own secrets in
// it become "...", unless they may be shown.
func (s *session) quote(b []byte) string {
	b = b[:min(len(b), maxLooked)]
	if !s.ShowSecrets {
		for _, secret := range s.secrets() {
			b = bytes.ReplaceAll(b, []byte(secret), []byte("..."))
		}
	}
	return quote(b)
}

// secrets are what must not be shown, the longest first: the target's query and its values, the values of the fields
// that were sent and the words in them, and a secret first message, each as it is and as a query has it.
func (s *session) secrets() (list []string) {
	add := func(text string) {
		for _, form := range []string{text, url.QueryEscape(text), url.PathEscape(text)} {
			if len(form) >= minSecret && !slices.Contains(list, form) {
				list = append(list, form)
			}
		}
	}
	if s.URL.RawQuery != "" {
		add(s.URL.RawQuery)
		for _, values := range s.URL.Query() {
			for _, value := range values {
				add(value)
			}
		}
	}
	for _, field := range s.fields {
		add(field.Value)
		for _, word := range strings.FieldsFunc(field.Value, func(r rune) bool { return strings.ContainsRune(" ,;=\"", r) }) {
			add(word)
		}
	}
	if s.Dialogue != nil && s.Dialogue.Secret {
		add(string(s.Dialogue.First))
	}
	slices.SortFunc(list, func(a, b string) int { return len(b) - len(a) })
	return list
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
