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
	maxCame   = 1 << 10 // bytes of it that a verdict keeps
	maxLooked = 4 << 10 // bytes of it that are searched for our secrets before it is cut
	minSecret = 3       // bytes: to hide less would hide ordinary letters
	maxDetail = 320     // bytes of a detail: with phase, reason and hint it fits a body of 512
)

// quote shows bytes that a server sent: quoted, ASCII, no control characters, at most maxQuoted bytes of them.
func quote(b []byte) string { return quoteUpTo(b, maxQuoted) }

func quoteUpTo(b []byte, most int) string {
	if len(b) > most {
		return strconv.QuoteToASCII(string(b[:most])) + "..."
	}
	return strconv.QuoteToASCII(string(b))
}

// quote is quote for what the session's server sent. Many servers answer with what they were asked: our own secrets in
// it become "...", unless they may be shown.
func (s *session) quote(b []byte) string { return s.quoteUpTo(b, maxQuoted) }

func (s *session) quoteUpTo(b []byte, most int) string {
	b = b[:min(len(b), maxLooked)]
	if !s.ShowSecrets {
		secrets := s.secrets()
		for _, secret := range secrets {
			b = bytes.ReplaceAll(b, []byte(secret), []byte("..."))
		}
		for _, secret := range secrets {
			b = cutBeginning(b, secret)
		}
	}
	return quoteUpTo(b, most)
}

// cutBeginning cuts the beginning of a secret off the end of b: the rest of it may not have come yet, or was cut.
func cutBeginning(b []byte, secret string) []byte {
	for n := min(len(secret)-1, len(b)); n >= minSecret; n-- {
		if bytes.HasSuffix(b, []byte(secret[:n])) {
			return append(b[:len(b)-n:len(b)-n], "..."...)
		}
	}
	return b
}

// ordinary are words that are no secret wherever they stand.
var ordinary = []string{"websocket", "polling", "http", "https", "Bearer", "Basic", "Digest", "same-origin"}

// wordsOf are the words of a secret text, as a server may repeat them alone.
func wordsOf(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool {
		return r <= ' ' || strings.ContainsRune(`{}[]()<>"',:;=\`, r)
	})
}

// secrets are what must not be shown, the longest first: the target's query and its values, the values of the fields
// that were sent and the words in them, and a secret first message, each as it is and as a query has it.
func (s *session) secrets() (list []string) {
	add := func(text string) {
		for _, form := range []string{text, url.QueryEscape(text), url.PathEscape(text)} {
			if len(form) >= minSecret && !slices.Contains(list, form) && !slices.Contains(ordinary, form) {
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
		for _, word := range wordsOf(field.Value) {
			add(word)
		}
	}
	if d := s.Dialogue; d != nil && d.Secret {
		add(string(d.First))
		common := wordsOf(d.Common)
		for _, word := range wordsOf(string(d.First)) {
			if !slices.Contains(common, word) {
				add(word)
			}
		}
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
