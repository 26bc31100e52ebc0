package upgrade

import (
	"bytes"
	"net/url"
	"slices"
	"strings"
)

// minSecret is the length in bytes from which a secret is redacted: shorter ones are in ordinary text by chance.
const minSecret = 3

// redact returns b with the secrets in it, which are sorted by length, the longest first, replaced by "...".
func redact(b []byte, secrets []string) []byte {
	for _, secret := range secrets {
		b = bytes.ReplaceAll(b, []byte(secret), []byte("..."))
	}
	for _, secret := range secrets {
		b = cutBeginning(b, secret)
	}
	return b
}

// cutBeginning replaces the beginning of a secret at the end of b, whose rest was not read or was cut, by "...".
func cutBeginning(b []byte, secret string) []byte {
	for n := min(len(secret)-1, len(b)); n >= minSecret; n-- {
		if bytes.HasSuffix(b, []byte(secret[:n])) {
			return append(b[:len(b)-n:len(b)-n], "..."...)
		}
	}
	return b
}

// ordinary are words that are not secret wherever they stand.
var ordinary = []string{"websocket", "polling", "http", "https", "Bearer", "Basic", "Digest", "same-origin"}

// wordsOf returns the words of a secret text, each of which a server may repeat by itself.
func wordsOf(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool {
		return r <= ' ' || strings.ContainsRune(`{}[]()<>"',:;=\`, r)
	})
}

// secrets returns what must not be shown, the longest first: the target's query and its values, the values of the fields
// that were sent and the words in them, and a secret first message, each as it is and as a query escapes it.
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
