package upgrade

import (
	"slices"
	"strings"
	"testing"
)

func TestExcerpt(t *testing.T) {
	for _, c := range []struct {
		bytes     string
		truncated bool
		text      string
		lines     []string
	}{
		{bytes: ""},
		{bytes: "ok", text: `"ok"`, lines: []string{`ok`}},
		{bytes: "ok", truncated: true, text: `"ok"...`, lines: []string{`ok...`}},
		{bytes: "\n", text: `"\n"`, lines: []string{``}},
		{bytes: "\r\n", text: `"\r\n"`, lines: []string{``}},
		{bytes: "a\r\n", truncated: true, text: `"a\r\n"...`, lines: []string{`a...`}},
		{bytes: "a\r\n\"b\"\r\n\r\nc\\d", text: `"a\r\n\"b\"\r\n\r\nc\\d"`, lines: []string{`a`, `"b"`, ``, `c\\d`}},
		{bytes: "a\r\nb\\nc\n\\\nd\n", text: `"a\r\nb\\nc\n\\\nd\n"`, lines: []string{`a`, `b\\nc`, `\\`, `d`}},
		{bytes: "a\x1b\r\\n\r", truncated: true, text: `"a\x1b\r\\n\r"...`, lines: []string{`a\x1b\r\\n\r...`}},
		{bytes: `\"`, text: `"\\\""`, lines: []string{`\\"`}},
		{bytes: "é\u009b\u202e\xff\xc3\x7f\t\ufffd", text: `"\u00e9\u009b\u202e\xff\xc3\x7f\t\ufffd"`, lines: []string{`\u00e9\u009b\u202e\xff\xc3\x7f\t\ufffd`}},
	} {
		e := Excerpt{Bytes: []byte(c.bytes), Truncated: c.truncated}
		if got := e.String(); got != c.text {
			t.Errorf("%q is shown as %s, want %s", c.bytes, got, c.text)
		}
		if got := e.Lines(); !slices.Equal(got, c.lines) || (got == nil) != (c.bytes == "") {
			t.Errorf("%q has the lines %q, want %q", c.bytes, got, c.lines)
		}
	}
}

// TestExcerptIsCut: at the limit, after secrets in it were replaced, and marked whenever more came.
func TestExcerptIsCut(t *testing.T) {
	secret := strings.Repeat("s3cret", maxSearched/6-1)
	for _, c := range []struct {
		received, want string
		truncated      bool
	}{
		{"0123456789", "0123456789", false},
		{"0123456789x", "0123456789", true},
		{"0123 " + secret, "0123 ...", false},
		{"0123 " + secret + " 567", "0123 ... 5", true},
		{"0 " + secret + secret, "0 ......", true},
	} {
		s := &session{Prober: &Prober{Target: Target{URL: parseURL(t, "ws://h/?"+secret)}}}
		s.ShowSecrets = !strings.Contains(c.received, secret)
		received := []byte(c.received)
		got := s.excerpt(received, 10)
		clear(received)
		if string(got.Bytes) != c.want || got.Truncated != c.truncated {
			t.Errorf("%.20q: %v, want %q, truncated %v, in memory of its own", c.received, got, c.want, c.truncated)
		}
	}
}
