package upgrade

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestParseFields(t *testing.T) {
	fields, err := ParseFields("\nAuthorization: Bearer a:b\r\n  \r\nX-Empty:\n cookie:\t a=1; b=2 \t")
	if err == nil {
		t.Fatalf("%q: a name may not begin with white space", fields)
	}
	fields, err = ParseFields("\nAuthorization: Bearer a:b\r\n  \r\nX-Empty:\ncookie:\t a=1; b=2 \t\ncookie: c=3\n")
	want := []Field{{"Authorization", "Bearer a:b"}, {"X-Empty", ""}, {"cookie", "a=1; b=2"}, {"cookie", "c=3"}}
	if err != nil || !reflect.DeepEqual(fields, want) {
		t.Errorf("%q, %v, want %q", fields, err, want)
	}
}

// TestFieldFaults: each names its line and nothing that the line holds, but a name that is ours.
func TestFieldFaults(t *testing.T) {
	const secret = "s3cret"
	for text, want := range map[string]string{
		"A: b\n" + secret:                     "line 2 has no colon",
		secret + "\nA: b\nHost: x":            `line 1 has no colon, want "Name: value"; line 3 sets Host`,
		secret + " x: y":                      "line 1 has no header name",
		": " + secret:                         "line 1 has no header name",
		"A: " + secret + "\x00":               "line 1 has a control character",
		"A: " + secret + "\rX: y":             "line 1 has a control character",
		"A: b\r\n\r\nHost: " + secret:         "line 3 sets Host, want another name: it is set by WSHEALTHZ_HOST",
		"origin: " + secret:                   "it is set by WSHEALTHZ_ORIGIN",
		"UPGRADE: " + secret:                  "line 1 sets UPGRADE",
		"Connection: " + secret:               "line 1 sets Connection",
		"Content-Length: 1":                   "a handshake has no body",
		"Transfer-Encoding: chunked":          "a handshake has no body",
		"Sec-WebSocket-Protocol: " + secret:   "line 1 sets Sec-WebSocket-Protocol, want another name: it is set by WSHEALTHZ_SUBPROTOCOLS",
		"Sec-WebSocket-EXTENSIONS: " + secret: "line 1 sets Sec-WebSocket-EXTENSIONS, want another name: it is set by WSHEALTHZ_EXTENSIONS",
		"sec-websocket-anything: " + secret:   "line 1 sets sec-websocket-anything, want another name: the handshake sends it",
		strings.Repeat("A: b\n", maxFields/4): fmt.Sprintf("want at most %d", maxFields),
	} {
		fields, err := ParseFields(text)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), secret) {
			t.Errorf("%.40q: %q, %v, want an error with %q", text, fields, err, want)
		}
	}
}

func TestReplaceFields(t *testing.T) {
	base := []Field{{"A", "1"}, {"B", "2"}, {"a", "3"}}
	if got := ReplaceFields(base, []Field{{"a", "4"}, {"C", "5"}}); !reflect.DeepEqual(got, []Field{{"B", "2"}, {"a", "4"}, {"C", "5"}}) {
		t.Errorf("%q, want the same name replaced in any case, and the rest kept in order", got)
	}
}

// FuzzFields: what is taken is one line on the wire each, and nothing that the handshake sends itself.
func FuzzFields(f *testing.F) {
	f.Add("Authorization: Bearer x\r\n\r\nCookie: a=1")
	f.Add("Host: x\n")
	f.Add("A\x00: b\n:\n \t\n")
	f.Fuzz(func(t *testing.T, text string) {
		fields, err := ParseFields(text)
		if err != nil {
			return
		}
		for _, field := range fields {
			wire := string(appendField(nil, field))
			if strings.Count(wire, "\n") != 1 || strings.Count(wire, "\r") != 1 || !strings.HasPrefix(wire, field.Name+": ") {
				t.Fatalf("%q is more than one line on the wire", wire)
			}
			if lower := strings.ToLower(field.Name); taken[lower] != "" || strings.HasPrefix(lower, "sec-websocket-") || !IsToken(field.Name) {
				t.Fatalf("%q was taken", field.Name)
			}
		}
	})
}
