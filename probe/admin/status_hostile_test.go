package admin

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"

	"wshealthz/internal/doctor"
)

// controls are what must not reach a terminal: C0, DEL, C1 alone and as UTF-8, direction, line ends, and what is not UTF-8.
const controls = "\x00\x1b\x7f\u0080\u0085\u009b\x9b\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029\ufeff\xff"

// escaped is what is shown of it.
const escaped = `\x00\x1b\x7f\u0080\u0085\u009b\x9b\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029\ufeff\xff`

// TestStatusHostile: what others chose is in /status as on the page, and neither it nor its JSON draws anything on a
// terminal.
func TestStatusHostile(t *testing.T) {
	o := stage(t, scene{set: func(s *staged) {
		hostileScene(s)
		s.asks("192.0.2.1", "agent "+controls, controls, "/"+controls, 1, 404, 0)
		s.Settings = append(s.Settings, doctor.Setting{Name: "WSHEALTHZ_HOST", Value: controls})
		s.Gateway.Path = "/" + controls
		s.History.failure.Hint = controls
	}})
	s := statusOf(t, o)
	body := view(o, "GET", "/status", local).Body.String()
	if i := strings.IndexFunc(body, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }); i >= 0 || !utf8.ValidString(body) {
		t.Errorf("/status has an unprintable character at %d, or is not UTF-8", i)
	}
	i := slices.IndexFunc(s.Callers, func(c callerJSON) bool { return c.Address == "192.0.2.1" })
	if c := s.Callers[i]; c.UserAgent != "agent "+escaped || c.Host != escaped || c.Path != "/"+escaped {
		t.Errorf("the caller is %+v", c)
	}
	if s.LastFailure.Hint != escaped || s.Settings[len(s.Settings)-1].Value != escaped {
		t.Errorf("the hint is %q, the setting %q", s.LastFailure.Hint, s.Settings[len(s.Settings)-1])
	}
	if path := s.Annotations[3].Value; path != strings.ToValidUTF8("/"+controls, "\ufffd") {
		t.Errorf("the annotation has the path %q, which is not the listener's", path)
	}
	page := html.UnescapeString(view(o, "GET", "/", local).Body.String())
	for _, shown := range []string{"agent " + escaped, escaped} {
		if !strings.Contains(page, shown) {
			t.Errorf("the page does not show %s, which is in /status", shown)
		}
	}
	s.Annotations = nil
	var all any
	text, err := json.Marshal(s)
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil {
		t.Fatal(err)
	}
	checkPrintable(t, "/status", all)
}

// checkPrintable fails the test for text in a JSON value that has anything but printable characters and the ends of lines.
func checkPrintable(t *testing.T, name string, value any) {
	t.Helper()
	switch value := value.(type) {
	case string:
		if strings.ContainsFunc(strings.ReplaceAll(value, "\r\n", ""), func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%s is %q", name, value)
		}
	case []any:
		for _, v := range value {
			checkPrintable(t, name, v)
		}
	case map[string]any:
		for key, v := range value {
			checkPrintable(t, name+"."+key, v)
		}
	}
}
