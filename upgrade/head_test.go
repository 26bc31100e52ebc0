package upgrade

import (
	"bytes"
	"testing"
)

func TestHeadEnd(t *testing.T) {
	for _, c := range []struct {
		text string
		end  int
	}{
		{"", 0}, {"HTTP/1.1 101\r\n", 0}, {"HTTP/1.1 101\r\n\r", 0}, {"HTTP/1.1 101\r\n\r\nrest", 16}, {"HTTP/1.1 101\n\nrest", 14},
		{"HTTP/1.1 101\r\nA: b\n\r\n", 21}, {"HTTP/1.1 101\r\n \r\n", 0},
	} {
		for from := range len(c.text) + 1 {
			// A search that goes on from anywhere before the end finds the same end.
			if before := headEnd([]byte(c.text[:from]), 0); before != 0 {
				break
			}
			if end := headEnd([]byte(c.text), from); end != c.end {
				t.Errorf("%q from %d ends at %d, want %d", c.text, from, end, c.end)
			}
		}
	}
}

func TestFoldedValue(t *testing.T) {
	var h head
	if bad, err := h.parse([]byte("HTTP/1.1 200 OK\r\nLocation: b\r\n  c  \r\n\td\n \nE: f\r\n g\r\nUpgrade:\r\n h\r\n\r\n")); err != nil {
		t.Fatal(err, string(bad))
	}
	for name, want := range map[string]string{"location": "b c d", "upgrade": "h"} {
		if value, count := h.get(name); string(value) != want || count != 1 {
			t.Errorf("%s: %q, want the lines joined by single spaces, %q", name, value, want)
		}
	}
}

// FuzzHead: no input makes the reader panic, read beyond its end, or keep a NUL or the end of a line in a value; and
// however it is cut, its end is found at the same place.
func FuzzHead(f *testing.F) {
	f.Add([]byte(acceptText+"rest"), 7)
	f.Add([]byte("HTTP/1.0 403\nA:b\n c\n\n"), 3)
	f.Add([]byte("HTTP/1.1 101 \r\n: x\r\n\r\n"), 1)
	f.Fuzz(func(t *testing.T, input []byte, cut int) {
		end := headEnd(input, 0)
		if cut >= 0 && cut < len(input) && headEnd(input[:cut], 0) == 0 && headEnd(input, cut) != end {
			t.Fatalf("%q ends at %d, but at %d when it comes in two pieces", input, end, headEnd(input, cut))
		}
		if end == 0 {
			return
		}
		var h head
		whole := bytes.Clone(input)
		bad, err := h.parse(input[:end])
		if !bytes.Equal(whole, input) {
			t.Fatal("the parser changed what it read")
		}
		if err != nil {
			_ = Excerpt{Bytes: bad}.quoted()
			return
		}
		if h.status < 0 || h.status > 999 || !beginsHTTP(input) {
			t.Fatalf("%q has status %d", input, h.status)
		}
		for _, field := range h.fields {
			if value := unfold(field.value); bytes.ContainsAny(value, "\x00\n") || !bytes.Equal(value, bytes.Trim(value, " \t")) {
				t.Fatalf("%q has the field %q: %q", input, field.name, field.value)
			}
		}
		s := &session{Prober: &Prober{Target: Target{URL: parseURL(t, "ws://localhost/")}}, head: h, rest: input[end:]}
		if f := s.judge([acceptLen]byte{}); f != nil {
			for _, c := range []byte(f.detail) {
				if c < ' ' || c > '~' {
					t.Fatalf("the detail %q is not printable ASCII", f.detail)
				}
			}
		}
	})
}
