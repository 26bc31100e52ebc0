package upgrade

import "bytes"

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

// hasToken reports whether the comma-separated list that all fields of that name make up holds token, in any case.
func (h *head) hasToken(name, token string) bool {
	for _, field := range h.fields {
		if !equalFold(field.name, name) {
			continue
		}
		for item := range bytes.SplitSeq(unfold(field.value), []byte{','}) {
			if equalFold(bytes.Trim(item, " \t"), token) {
				return true
			}
		}
	}
	return false
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
