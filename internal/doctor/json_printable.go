package doctor

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// MarshalPrintable returns value as JSON, with two spaces for each level and a line feed at the end, fit for a terminal:
// encoding/json escapes what is below space, and there are more control characters than those. It panics when value cannot
// be JSON.
func MarshalPrintable(value any) []byte {
	body, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		panic(err)
	}
	body = append(body, '\n')
	unprintable := func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }
	if !bytes.ContainsFunc(body, unprintable) {
		return body
	}
	text := make([]byte, 0, 2*len(body))
	for _, r := range string(body) {
		if !unprintable(r) {
			text = utf8.AppendRune(text, r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			text = fmt.Appendf(text, `\u%04x`, unit)
		}
	}
	return text
}
