package admin

import (
	"math"
	"strconv"
	"strings"
	"time"
)

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
