package probe

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// outside is text that a stranger chose, in printable ASCII: everything else is escaped as Go does it, the backslash too,
// so that /health and the same with a Cyrillic e do not look alike. What Callers cut ends in "…".
func outside(text string) string {
	end := ""
	if len(text) >= maxText {
		text, end = wholeRunes(text), "…"
	}
	return escaped(text, func(r rune) bool { return r >= ' ' && r <= '~' && r != '\\' }) + end
}

// own is text of this configuration: nothing but what cannot be seen is escaped.
func own(text string) string { return escaped(text, strconv.IsPrint) }

func escaped(text string, stays func(rune) bool) string {
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[0])
		case stays(r):
			b.WriteRune(r)
		default:
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		text = text[size:]
	}
	return b.String()
}

// wholeRunes is text without the beginning of a rune at its end.
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

// clock is the time of day. The log of everything else is in UTC, too.
func clock(t time.Time) string { return t.UTC().Format("15:04:05") + " UTC" }

// ago is how long before now t was.
func ago(now, t time.Time) string {
	if now.Sub(t) < time.Second {
		return "just now"
	}
	return span(now.Sub(t)) + " ago"
}

// span is a long duration: two units, or one where the second tells little.
func span(d time.Duration) string {
	const day = 24 * time.Hour
	two := func(big, small time.Duration, bigName, smallName string) string {
		text := strconv.Itoa(int(d/big)) + " " + bigName
		if rest := int(d % big / small); rest > 0 && d < 10*big {
			text += " " + strconv.Itoa(rest) + " " + smallName
		}
		return text
	}
	switch d = max(d, 0); {
	case d < time.Minute:
		return strconv.Itoa(int(d/time.Second)) + " s"
	case d < time.Hour:
		return two(time.Minute, time.Second, "min", "s")
	case d < day:
		return two(time.Hour, time.Minute, "h", "min")
	}
	return two(day, time.Hour, "d", "h")
}

// brief is a short duration, given in seconds, with at most three digits.
func brief(s float64) string {
	unit := "s"
	if s < 1 {
		s, unit = s*1000, "ms"
	}
	digits := 2
	switch {
	case s >= 99.95:
		digits = 0
	case s >= 9.995:
		digits = 1
	}
	text := strconv.FormatFloat(math.Max(s, 0), 'f', digits, 64)
	return strings.TrimSuffix(strings.TrimSuffix(text, ".00"), ".0") + " " + unit
}

// plural is "1 probe", "2 probes".
func plural(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}
