package admin

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"wshealthz/internal/doctor"
	"wshealthz/probe"
)

// maxText bounds what is shown of others' words, in bytes.
const maxText = probe.MaxCallerText

// Page and /status show the same text of what others chose: no control character (C0, DEL or C1), nothing that changes the
// direction of text or ends a line, no byte that is not UTF-8.

// escapeUntrusted returns text that a stranger chose as printable ASCII: everything else is escaped as Go does it, and so is
// the backslash, so that /health and the same with a Cyrillic e do not look alike. What Callers cut ends in "…".
func escapeUntrusted(text string) string {
	end := ""
	if len(text) >= maxText {
		text, end = wholeRunes(text), "…"
	}
	return escape(text, func(r rune) bool { return r >= ' ' && r <= '~' && r != '\\' }) + end
}

// escapeConfig returns text of this configuration, or of this program's: only what cannot be seen is escaped.
func escapeConfig(text string) string { return escape(text, strconv.IsPrint) }

func escape(text string, stays func(rune) bool) string {
	if utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !stays(r) }) {
		return text
	}
	shown := make([]byte, 0, 2*len(text))
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && size == 1:
			shown = fmt.Appendf(shown, `\x%02x`, text[0])
		case stays(r):
			shown = append(shown, text[:size]...)
		default:
			quoted := strconv.AppendQuoteRuneToASCII(nil, r)
			shown = append(shown, quoted[1:len(quoted)-1]...)
		}
		text = text[size:]
	}
	return string(shown)
}

// wholeRunes returns text without the beginning of a rune at its end.
func wholeRunes(text string) string {
	for i := len(text) - 1; i >= max(0, len(text)-utf8.UTFMax); i-- {
		if utf8.RuneStart(text[i]) {
			if !utf8.FullRuneInString(text[i:]) {
				return text[:i]
			}
			break
		}
	}
	return text
}

// shownSettings returns the settings with their values escaped.
func shownSettings(settings []doctor.Setting) (shown []doctor.Setting) {
	for _, setting := range settings {
		shown = append(shown, doctor.Setting{Name: setting.Name, Value: escapeConfig(setting.Value)})
	}
	return shown
}
