//go:build oracles

package oracle

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"
)

const minimiseFor = 90 * time.Second

// report asks again about the findings that differ, minimises one of each class, and prints them.
func (o *oracles) report(t *testing.T, findings []finding) {
	var again []*answer
	healthy := 0
	first := map[*answer]string{}
	for _, f := range findings {
		if f.vote.healthy() {
			healthy++
		}
		if f.differs() && !o.excepted(f) {
			again = append(again, f.answer)
			first[f.answer] = f.class()
		}
	}
	classes := map[string][]finding{}
	for _, f := range o.judgeAll(t, again) {
		if first[f.answer] != f.class() {
			t.Logf("flaky: first %s, then %s: %v", first[f.answer], f.class(), f.answer)
		}
		if f.differs() && !o.excepted(f) {
			key := f.class() + " " + strings.Join(f.names, ", ")
			classes[key] = append(classes[key], f)
		}
	}
	t.Logf("%d healthy by the yardstick, %d differ in %d groups", healthy, len(again), len(classes))
	began := time.Now()
	type class struct {
		finding
		count int
	}
	minimal := map[string]*class{}
	var keys []string
	for key := range classes {
		keys = append(keys, key)
	}
	// those with one mutation first: others may turn out to be the same
	slices.SortFunc(keys, func(a, b string) int {
		if d := len(classes[a][0].names) - len(classes[b][0].names); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	for _, key := range keys {
		f := classes[key][0]
		if time.Since(began) < minimiseFor {
			f = o.minimise(t, f)
		}
		name := f.class() + " " + pattern(f.answer)
		if minimal[name] == nil {
			minimal[name] = &class{finding: f}
		}
		minimal[name].count += len(classes[key])
	}
	t.Logf("minimised in %v", time.Since(began).Round(time.Millisecond))
	var lines []string
	for _, c := range minimal {
		lines = append(lines, fmt.Sprintf("%-26s %4d  %v", c.class(), c.count, c.answer))
	}
	sort.Strings(lines)
	t.Errorf("%d classes: verdict, votes (Chromium, nginx, HAProxy, Caddy), number, minimal answer\n%s", len(lines), strings.Join(lines, "\n"))
}

// pattern is what differs from a right answer, with characters that are alike in every way that matters made equal, so
// that answers with the same fault have the same pattern.
func pattern(a *answer) string {
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
	return fmt.Sprintf("%q %q %q %v %q", b.String(), a.end, a.after, a.closing, a.asked)
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

// minimise returns the smallest answer found that shares the class.
func (o *oracles) minimise(t *testing.T, f finding) finding {
	for round := 0; round < 12; round++ {
		candidates := smaller(f.answer)
		found := false
		for len(candidates) > 0 && !found {
			n := min(len(candidates), 48)
			for _, c := range o.judgeAll(t, candidates[:n]) {
				if c.class() == f.class() {
					f, found = c, true
					break
				}
			}
			candidates = candidates[n:]
		}
		if !found {
			break
		}
	}
	return f
}

// smaller returns simpler answers, the simplest first.
func smaller(a *answer) (all []*answer) {
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
