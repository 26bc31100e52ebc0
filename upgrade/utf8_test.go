package upgrade

import (
	"testing"
	"unicode/utf8"
)

var utf8Texts = []string{
	"", "plain", "é€😀", "\xff", "a\xc3", "\xc3a", "\xe2\x82", "\xe2\x28\xa1", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc0\xaf", "\xf0\x9f\x98", "\ufffd", "x\x80", "\xf0\x9f\x98\x80\x80",
}

// TestUTF8Checker: however a text is cut into pieces, the checker and the standard library agree.
func TestUTF8Checker(t *testing.T) {
	for _, text := range utf8Texts {
		for i := range len(text) + 1 {
			for j := i; j <= len(text); j++ {
				checkPieces(t, text[:i], text[i:j], text[j:])
			}
		}
	}
}

func checkPieces(t *testing.T, pieces ...string) {
	t.Helper()
	var u utf8Checker
	text, valid := "", true
	for _, piece := range pieces {
		text += piece
		valid = valid && u.add([]byte(piece))
	}
	if got := valid && u.complete(); got != utf8.ValidString(text) {
		t.Fatalf("%q: valid %v, want %v", pieces, got, !got)
	}
}

func FuzzUTF8Checker(f *testing.F) {
	for _, text := range utf8Texts {
		f.Add(text, "a", text)
	}
	f.Fuzz(func(t *testing.T, a, b, c string) { checkPieces(t, a, b, c) })
}
