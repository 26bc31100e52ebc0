package upgrade

import "unicode/utf8"

// A utf8Checker checks text that arrives in pieces. The zero value is at the start of a text.
type utf8Checker struct {
	part  [utf8.UTFMax]byte // of a character that goes on in the next piece
	count int
}

// add reports whether the text can still be valid UTF-8 after the next piece.
func (u *utf8Checker) add(piece []byte) bool {
	for u.count > 0 && len(piece) > 0 {
		u.part[u.count] = piece[0]
		u.count++
		piece = piece[1:]
		if r, size := utf8.DecodeRune(u.part[:u.count]); r != utf8.RuneError || size > 1 {
			u.count = 0
		} else if utf8.FullRune(u.part[:u.count]) {
			return false
		}
	}
	end := len(piece)
	for i := 1; i <= min(utf8.UTFMax-1, len(piece)); i++ {
		if last := piece[len(piece)-i:]; utf8.RuneStart(last[0]) {
			if !utf8.FullRune(last) {
				end -= i
			}
			break
		}
	}
	if end < len(piece) {
		u.count = copy(u.part[:], piece[end:])
	}
	return utf8.Valid(piece[:end])
}

// complete reports whether the text may end here.
func (u *utf8Checker) complete() bool { return u.count == 0 }
