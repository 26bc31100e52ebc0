package oracle

import (
	"math/rand/v2"
	"strings"
)

// A generator makes answers and frames from a seed: the same seed makes the same ones.
type generator struct{ *rand.Rand }

func newGenerator(seed uint64) generator { return generator{rand.New(rand.NewPCG(seed, 101))} }

// A mutation changes one thing in an answer.
type mutation struct {
	name  string
	apply func(g generator, a *answer)
}

// answer returns a right answer with one to three mutations.
func (g generator) answer() *answer {
	a := right()
	count := 1
	for count < 3 && g.IntN(3) == 0 {
		count++
	}
	for range count {
		m := mutations[g.IntN(len(mutations))]
		m.apply(g, a)
		a.names = append(a.names, m.name)
	}
	return a
}

func (g generator) pick(values ...string) string { return values[g.IntN(len(values))] }

// often returns the first value in two of three cases.
func (g generator) often(first string, values ...string) string {
	if g.IntN(3) > 0 {
		return first
	}
	return g.pick(values...)
}

// oddByte returns a byte that is none of a token, or not ASCII, or a control character.
func (g generator) oddByte() string {
	const punctuation = " \t\"(),/:;<=>?@[\\]{}"
	switch g.IntN(5) {
	case 0:
		return g.pick("\x00", "\r", "\x7f", "\v", "\f", "\x1b")
	case 1:
		return string([]byte{byte(1 + g.IntN(31))})
	case 2:
		return string([]byte{byte(128 + g.IntN(128))})
	case 3:
		return g.pick("é", "☃", "\u00a0", "\u2028")
	}
	return string(punctuation[g.IntN(len(punctuation))])
}

// insert puts a piece somewhere into text, but not into "{A}".
func (g generator) insert(text, piece string) string {
	if at := strings.Index(text, "{A}"); at >= 0 {
		if g.IntN(2) == 0 {
			return g.insert(text[:at], piece) + text[at:]
		}
		return text + piece
	}
	at := g.IntN(len(text) + 1)
	return text[:at] + piece + text[at:]
}

// someLine returns the index of a line, the status line in one of six cases.
func (g generator) someLine(a *answer) int {
	if len(a.lines) == 1 || g.IntN(6) == 0 {
		return 0
	}
	return 1 + g.IntN(len(a.lines)-1)
}

// add inserts a line somewhere after the status line.
func (g generator) add(a *answer, text string) {
	at := 1
	if len(a.lines) > 1 {
		at += g.IntN(len(a.lines))
	}
	a.lines = append(a.lines[:at:at], append([]line{{text, crlf}}, a.lines[at:]...)...)
}

// set replaces the first field of that name, or adds one.
func (g generator) set(a *answer, name, value string) {
	text := name + ": " + value
	if i := a.field(name); i >= 0 {
		a.lines[i].text = text
		return
	}
	g.add(a, text)
}

// setStatus replaces a part of the status line: 0 is the version, 1 the status, 2 the phrase.
func (g generator) setStatus(a *answer, part int, text string) {
	parts := strings.SplitN(a.lines[0].text, " ", 3)
	if part < len(parts) {
		parts[part] = text
	}
	a.lines[0].text = strings.Join(parts, " ")
}

// list joins values to a list in one field or several.
func (g generator) list(a *answer, name string, values ...string) {
	if i := a.field(name); i >= 0 {
		a.lines = append(a.lines[:i:i], a.lines[i+1:]...)
	}
	var items []string
	for range 1 + g.IntN(3) {
		items = append(items, g.pick(values...))
	}
	if g.IntN(3) == 0 {
		for _, item := range items {
			g.add(a, name+": "+item)
		}
		return
	}
	g.add(a, name+": "+strings.Join(items, g.pick(",", ", ", " ,", ",,", "; ", " ", "\t,")))
}
