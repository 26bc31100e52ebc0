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
	if len(b) < minSecret {
		return b
	}
	in := trigramsOf(b)
	for _, secret := range secrets {
		if in.mayHold(secret) && bytes.Contains(b, []byte(secret)) {
			b = bytes.ReplaceAll(b, []byte(secret), []byte("..."))
		}
	}
	in = trigramsOf(b)
	for _, secret := range secrets {
		if in.mayHold(secret[:minSecret]) {
			b = cutBeginning(b, secret)
		}
	}
	return b
}

// trigrams are the hashes of all three bytes in a row in a text. A header of ours may have 64 KiB, and so thousands of words:
// only those are looked for that may be in what a server sent.
type trigrams [1 << 16 / 64]uint64

func trigramsOf(b []byte) *trigrams {
	t := new(trigrams)
	for i := range len(b) - minSecret + 1 {
		h := trigramHash(b[i], b[i+1], b[i+2])
		t[h/64] |= 1 << (h % 64)
	}
	return t
}

func trigramHash(a, b, c byte) uint32 {
	return (uint32(a)<<16 | uint32(b)<<8 | uint32(c)) * 0x9e3779b1 >> 16
}

// mayHold reports whether the text may hold a secret of minSecret bytes or more.
func (t *trigrams) mayHold(secret string) bool {
	for i := range len(secret) - minSecret + 1 {
		if h := trigramHash(secret[i], secret[i+1], secret[i+2]); t[h/64]&(1<<(h%64)) == 0 {
			return false
		}
	}
	return true
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
// that were sent and the words in them, and a secret first message, each as it is and as a query escapes it. They are
// gathered once for the fields that were sent.
func (s *session) secrets() []string {
	if s.hidden == nil {
		s.hidden = s.gatherSecrets()
	}
	return s.hidden
}

func (s *session) gatherSecrets() []string {
	list, known := []string{}, map[string]bool{}
	for _, word := range ordinary {
		known[word] = true
	}
	add := func(text string) {
		for _, form := range [...]string{text, url.QueryEscape(text), url.PathEscape(text)} {
			if len(form) >= minSecret && !known[form] {
				known[form] = true
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
