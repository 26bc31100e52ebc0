//go:build oracles

package oracle

import (
	"fmt"
	"iter"
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

func (a *answer) clone() *answer {
	b := *a
	b.lines, b.asked, b.names = slices.Clone(a.lines), slices.Clone(a.asked), slices.Clone(a.names)
	return &b
}

// has reports whether a line has that field.
func (a *answer) has(name string) bool { return a.field(name) >= 0 }

// firstLines is how many lines smaller looks at one by one.
const firstLines = 12

// smaller returns simpler answers, the simplest first.
func (a *answer) smaller() []*answer {
	s := simpler{of: a, was: a.String()}
	s.try(func(b *answer) { b.before = "" })
	s.try(func(b *answer) { b.end = crlf })
	s.try(func(b *answer) { b.after = "" })
	s.try(func(b *answer) { b.closing = stay })
	s.try(func(b *answer) { b.asked = nil })
	s.try(func(b *answer) { b.lines[0].text = rightLines[0] })
	if n := len(a.lines); n > firstLines {
		for from, to := range parts(n - 1) {
			s.try(func(b *answer) { b.lines = slices.Delete(b.lines, 1+from, 1+to) })
		}
	}
	lines := a.lines[:min(len(a.lines), firstLines)]
	for i, l := range lines {
		right := rightLine(l.text)
		if i > 0 && right != l.text {
			s.try(func(b *answer) { b.lines = slices.Delete(b.lines, i, i+1) })
		}
		s.try(func(b *answer) { b.lines[i].end = crlf })
		if i > 0 && right != "" {
			s.try(func(b *answer) { b.lines[i].text = right })
		}
	}
	for i, l := range lines {
		if l.text == rightLine(l.text) {
			continue
		}
		for from, to := range parts(len(l.text)) {
			s.try(func(b *answer) { b.lines[i].text = l.text[:from] + l.text[to:] })
		}
	}
	return s.answers
}

// A simpler collects simpler answers than one.
type simpler struct {
	of      *answer
	was     string
	answers []*answer
}

// try adds the answer with a change, unless nothing changes.
func (s *simpler) try(change func(*answer)) {
	b := s.of.clone()
	if change(b); b.String() != s.was {
		s.answers = append(s.answers, b)
	}
}

// rightLine returns the line of a right answer that has the same field, "" when none has.
func rightLine(text string) string {
	if text == rightLines[0] {
		return text
	}
	name, _, _ := strings.Cut(text, ":")
	for _, r := range rightLines[1:] {
		if right, _, _ := strings.Cut(r, ":"); strings.EqualFold(strings.TrimSpace(name), right) {
			return r
		}
	}
	return ""
}

// parts iterates over the halves, quarters and eighths of n things, and over each one when they are few.
func parts(n int) iter.Seq2[int, int] {
	return func(yield func(from, to int) bool) {
		counts := []int{2, 4, 8}
		if n < 40 {
			counts = append(counts, n)
		}
		for _, count := range counts {
			for k := 0; k < count && count <= n; k++ {
				if !yield(n*k/count, n*(k+1)/count) {
					return
				}
			}
		}
	}
}
