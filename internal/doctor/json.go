package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
)

// printJSON prints one object and nothing else, fit for a terminal too: encoding/json escapes what is below space, and
// there are more controls than those.
func (d *diagnosis) printJSON(w io.Writer) {
	body, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		panic(err) // there is nothing in it that JSON does not have
	}
	var text strings.Builder
	for _, r := range string(body) {
		if r == '\n' || unicode.IsPrint(r) {
			text.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&text, `\u%04x`, unit)
		}
	}
	fmt.Fprintln(w, text.String())
}
