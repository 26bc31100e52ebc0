package upgrade

import (
	"bytes"
	"iter"
)

// get returns the value of the first field of that name, and how many there are.
func (h *head) get(name string) (value []byte, count int) {
	for _, field := range h.fields {
		if !equalFold(field.name, name) {
			continue
		}
		if count == 0 {
			value = unfold(field.value)
		}
		count++
	}
	return value, count
}

// hasToken reports whether the comma-separated list that all fields of that name make up holds token, in any case. A
// quoted string is one item, commas and all.
func (h *head) hasToken(name, token string) bool {
	for item := range h.items(name) {
		if equalFold(item, token) {
			return true
		}
	}
	return false
}

// differs reports whether the fields of that name, each taken as a comma-separated list, hold items that differ. Empty
// ones count.
func (h *head) differs(name string) bool {
	var first []byte
	seen := false
	for item := range h.items(name) {
		if seen && !bytes.Equal(item, first) {
			return true
		}
		first, seen = item, true
	}
	return false
}

// items iterates over the comma-separated items of all fields of that name, trimmed (RFC 9110 section 5.6.1).
func (h *head) items(name string) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for _, field := range h.fields {
			if !equalFold(field.name, name) {
				continue
			}
			for value, more := unfold(field.value), true; more; {
				var item []byte
				item, value, more = cutItem(value)
				if !yield(bytes.Trim(item, " \t\r")) {
					return
				}
			}
		}
	}
}

// cutItem cuts a list at its first comma outside of a quoted string, in which a backslash escapes the next byte.
func cutItem(list []byte) (item, rest []byte, found bool) {
	quoted := false
	for i := 0; i < len(list); i++ {
		switch c := list[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\\' && quoted:
			i++
		case c == ',' && !quoted:
			return list[:i], list[i+1:], true
		}
	}
	return list, nil, false
}

// equalFold reports whether b and s are equal, ignoring the case of ASCII letters. bytes.EqualFold takes U+212A for a k.
func equalFold(b []byte, s string) bool {
	if len(b) != len(s) {
		return false
	}
	for i, c := range b {
		if lower(c) != lower(s[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// unfold returns a value on one line, each fold replaced by one space.
func unfold(value []byte) []byte {
	if bytes.IndexByte(value, '\n') < 0 {
		return value
	}
	var lines [][]byte
	for line := range bytes.SplitSeq(value, []byte{'\n'}) {
		if line = bytes.Trim(line, " \t\r"); len(line) > 0 {
			lines = append(lines, line)
		}
	}
	return bytes.Join(lines, []byte{' '})
}
