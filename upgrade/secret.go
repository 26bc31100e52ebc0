package upgrade

import (
	"bytes"
	"net/url"
	"slices"
	"strings"
)

// minSecret is the length in bytes from which a text is redacted: to redact less would hide ordinary letters.
const minSecret = 3

// redact replaces each of the secrets in b, the longest first, by "...".
func redact(b []byte, secrets []string) []byte {
	for _, secret := range secrets {
		b = bytes.ReplaceAll(b, []byte(secret), []byte("..."))
	}
	for _, secret := range secrets {
		b = cutBeginning(b, secret)
	}
	return b
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
