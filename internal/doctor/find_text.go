package doctor

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"wshealthz/upgrade"
)

// WriteSearch writes the line in front of the tries.
func WriteSearch(w io.Writer, p Palette) {
	fmt.Fprintln(w, p.paint(bold, fmt.Sprintf("trying other settings, at most %d handshakes, one after the other:", maxTries)))
}

// WriteTry writes a try on one line: its number, what it changes, and the verdict.
func WriteTry(w io.Writer, p Palette, number int, t Try) {
	var changes []string
	for _, c := range t.Changes {
		changes = append(changes, strings.ReplaceAll(c.String(), "\n", `\n`))
	}
	color := plain
	if t.Verdict.Healthy() {
		color = green
	}
	fmt.Fprintf(w, "  %2d  %s  %s\n", number, strings.Join(changes, " "), p.paint(color, withoutHint(t.Verdict)))
}

// WriteText writes the outcome: the changes, one a line as a shell takes them, and what to know about them.
func (f *Found) WriteText(w io.Writer, p Palette) {
	switch {
	case f.Healthy():
		fmt.Fprintln(w, p.paint(bold+";"+green, "healthy with:"))
	case len(f.Tries) == 0 && f.Ended == Complete:
		fmt.Fprintln(w, "there is nothing to try: no other settings of the handshake usually cure this")
		return
	case f.Best == nil:
		fmt.Fprintf(w, "nothing was healthy in %s%s, and nothing came nearer\n", f.count(), f.ending())
		return
	default:
		fmt.Fprintf(w, "nothing was healthy in %s%s; nearest:\n", f.count(), f.ending())
	}
	for _, c := range f.Best.Changes {
		fmt.Fprintln(w, c) // from the start of the line, so that it can be copied
	}
	if !f.Healthy() {
		fmt.Fprintln(w, p.verdict(f.Best.Verdict))
	}
	for _, note := range f.notes() {
		fmt.Fprintln(w, p.paint(yellow, note))
	}
}

func (f *Found) count() string {
	if len(f.Tries) == 1 {
		return "1 try"
	}
	return fmt.Sprintf("%d tries", len(f.Tries))
}

func (f *Found) ending() string {
	if f.Ended == Complete {
		return ""
	}
	return " (" + string(f.Ended) + ")"
}

// notes returns what to know before the best environment is used.
func (f *Found) notes() (notes []string) {
	has := func(is func(Change) bool) bool { return slices.ContainsFunc(f.Best.Changes, is) }
	if has(func(c Change) bool { return strings.Contains(c.Shown, "…") }) {
		notes = append(notes, "… stands for what is set there now: keep it")
	}
	if has(func(c Change) bool { return c.Shown == "" }) {
		notes = append(notes, "a variable without a value is to be unset")
	}
	if has(func(c Change) bool { return c.Name == "WSHEALTHZ_TLS_SKIP_VERIFY" && c.Value == "true" }) {
		notes = append(notes, "this is insecure, any certificate is accepted: better set WSHEALTHZ_TLS_CA_FILE to the authority that signed the server's")
	}
	if f.OtherPath && f.Healthy() {
		notes = append(notes, "a WebSocket opens at that path: make sure that it is the one that your clients use")
	}
	if f.Healthy() && f.Ended != Complete {
		notes = append(notes, "perhaps not all of that is needed: the search ended early, "+string(f.Ended))
	}
	return notes
}

// String returns the change as a shell sets a variable, with the value as it may be shown.
func (c Change) String() string { return c.Name + "=" + shellText(c.Shown) }

// shellText returns text as one word for a POSIX shell.
func shellText(text string) string {
	safe := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-:,+@%", r)
	}
	if strings.ContainsFunc(text, func(r rune) bool { return !safe(r) }) {
		return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
	}
	return text
}

// withoutHint returns the verdict on one line, without its hint.
func withoutHint(v upgrade.Verdict) string {
	v.Hint = ""
	return strings.TrimSuffix(v.String(), " ()")
}
