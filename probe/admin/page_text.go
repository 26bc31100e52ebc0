package admin

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// escapeUntrusted returns text that a stranger chose as printable ASCII: everything else is escaped as Go does it, and so is
// the backslash, so that /health and the same with a Cyrillic e do not look alike. What Callers cut ends in "…".
func escapeUntrusted(text string) string {
	end := ""
	if len(text) >= maxText {
		text, end = wholeRunes(text), "…"
	}
	return escape(text, func(r rune) bool { return r >= ' ' && r <= '~' && r != '\\' }) + end
}

// escapeConfig returns text of this configuration: only what cannot be seen is escaped.
func escapeConfig(text string) string { return escape(text, strconv.IsPrint) }

func escape(text string, stays func(rune) bool) string {
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

// clock returns the time of day in UTC, like the logs of everything else.
func clock(t time.Time) string { return t.UTC().Format("15:04:05") + " UTC" }

// ago returns how long before now t was.
func ago(now, t time.Time) string {
	if now.Sub(t) < time.Second {
		return "just now"
	}
	return span(now.Sub(t)) + " ago"
}

// span returns a long duration: two units, or one where the second says little.
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

// brief returns a short duration with at most three digits.
func brief(d time.Duration) string {
	s, unit := d.Seconds(), "s"
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

// plural returns "1 probe", "2 probes".
func plural(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}
