//go:build oracles

package oracle

import (
	"fmt"
	"slices"
	"strings"
)

// pattern is what differs from a right answer, with characters that are alike in every way that matters made equal, so
// that answers with the same fault have the same pattern.
func (a *answer) pattern() string {
	var b strings.Builder
	b.WriteString(a.before + "|")
	for i, l := range a.lines {
		switch {
		case l.end == crlf && slices.Contains(rightLines, l.text):
			continue
		case i == 0:
			b.WriteString(alike(strings.TrimPrefix(l.text, "HTTP/1.1 101")))
		default:
			name, value, colon := strings.Cut(l.text, ":")
			if !slices.ContainsFunc(rightLines, func(r string) bool { return strings.HasPrefix(r, name) }) {
				name = alike(name)
			}
			b.WriteString(name)
			if colon {
				b.WriteString(":" + alike(value))
			}
		}
		b.WriteString(l.end + "|")
	}
	for _, r := range rightLines[1:] {
		if name, _, _ := strings.Cut(r, ":"); !a.has(name) {
			b.WriteString("-" + name)
		}
	}
	return fmt.Sprintf("|%q %q %q %v %q", b.String(), a.end, a.after, a.closing, a.asked)
}

// alike makes all letters, all digits, all control characters and all bytes that are not ASCII equal, and drops
// repetitions.
func alike(text string) string {
	var b []byte
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			c = 'x'
		case c >= '0' && c <= '9':
			c = '1'
		case c >= 0x80:
			c = 0x80
		case c < ' ' && !strings.ContainsRune("\x00\t\r\n", rune(c)) || c == 0x7f:
			c = 1
		}
		if len(b) == 0 || b[len(b)-1] != c {
			b = append(b, c)
		}
	}
	return string(b)
}

// smaller returns simpler answers, the simplest first.
func (a *answer) smaller() (all []*answer) {
	was := a.String()
	try := func(change func(b *answer)) {
		b := a.clone()
		if change(b); b.String() != was {
			all = append(all, b)
		}
	}
	usual := func(i int) string { // the right line of the same name
		name, _, _ := strings.Cut(a.lines[i].text, ":")
		for _, r := range rightLines[1:] {
			if strings.EqualFold(strings.TrimSpace(name), r[:strings.Index(r, ":")]) {
				return r
			}
		}
		return ""
	}
	try(func(b *answer) { b.before = "" })
	try(func(b *answer) { b.end = crlf })
	try(func(b *answer) { b.after = "" })
	try(func(b *answer) { b.closing = stay })
	try(func(b *answer) { b.asked = nil })
	try(func(b *answer) { b.lines[0].text = rightLines[0] })
	if n := len(a.lines); n > 8 {
		for _, part := range []int{2, 4, 8} {
			for k := 0; k < part; k++ {
				try(func(b *answer) { b.lines = slices.Delete(b.lines, 1+(n-1)*k/part, 1+(n-1)*(k+1)/part) })
			}
		}
	}
	for i := range a.lines {
		if i > 12 {
			break
		}
		if i > 0 && usual(i) != a.lines[i].text {
			try(func(b *answer) { b.lines = slices.Delete(b.lines, i, i+1) })
		}
		try(func(b *answer) { b.lines[i].end = crlf })
		if i > 0 && usual(i) != "" {
			try(func(b *answer) { b.lines[i].text = usual(i) })
		}
	}
	for i := range a.lines {
		if i > 12 || i == 0 && a.lines[0].text == rightLines[0] || i > 0 && usual(i) == a.lines[i].text {
			continue
		}
		text := a.lines[i].text
		for _, part := range []int{2, 4, 8} {
			for k := 0; k < part && len(text) >= 2*part; k++ {
				try(func(b *answer) { b.lines[i].text = text[:len(text)*k/part] + text[len(text)*(k+1)/part:] })
			}
		}
		for k := 0; k < len(text) && len(text) < 40; k++ {
			try(func(b *answer) { b.lines[i].text = text[:k] + text[k+1:] })
		}
	}
	return all
}
