package upgrade

import (
	"errors"
	"fmt"
	"strings"
)

// A Field is one header field as it is sent: "Name: Value".
type Field struct{ Name, Value string }

// maxFields bounds the text of all configured header fields, in bytes.
const maxFields = 64 << 10

// taken maps the names that cannot be configured to the reason why.
var taken = map[string]string{
	"host":              "it is set by WSHEALTHZ_HOST",
	"origin":            "it is set by WSHEALTHZ_ORIGIN",
	"upgrade":           "the handshake sends it",
	"connection":        "the handshake sends it",
	"content-length":    "a handshake has no body",
	"transfer-encoding": "a handshake has no body",

	"sec-websocket-protocol":   "it is set by WSHEALTHZ_SUBPROTOCOLS",
	"sec-websocket-extensions": "it is set by WSHEALTHZ_EXTENSIONS",
}

// ParseFields parses header fields, one "Name: value" a line (LF or CRLF, blank lines ignored), and returns them in
// the order written. The text may have 64 KiB. A line is rejected when its name is not a token, its value has control
// characters (RFC 9110 section 5.5), or the handshake itself sends a field of that name. The error lists all such
// lines by number and never shows what they hold, which may be a secret.
func ParseFields(text string) ([]Field, error) {
	if len(text) > maxFields {
		return nil, fmt.Errorf("%d bytes, want at most %d", len(text), maxFields)
	}
	var fields []Field
	var wrong []string
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSuffix(line, "\r")
		if strings.Trim(line, " \t") == "" {
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		field := Field{name, strings.Trim(value, " \t")}
		if why := field.wrong(strings.Contains(line, ":")); why != "" {
			wrong = append(wrong, fmt.Sprintf("line %d %s", i+1, why))
		}
		fields = append(fields, field)
	}
	if wrong != nil {
		return nil, errors.New(strings.Join(wrong, "; "))
	}
	return fields, nil
}

// wrong returns what is wrong with a field, "" when nothing is.
func (f Field) wrong(colon bool) string {
	lower := strings.ToLower(f.Name)
	switch {
	case !colon:
		return `has no colon, want "Name: value"`
	case !IsToken(f.Name):
		return "has no header name in front of the colon, want letters, digits and -"
	case !IsFieldValue(f.Value):
		return "has a control character in its value, want none"
	case taken[lower] != "":
		return "sets " + f.Name + ", want another name: " + taken[lower]
	case strings.HasPrefix(lower, "sec-websocket-"):
		return "sets " + f.Name + ", want another name: the handshake sends it"
	}
	return ""
}

// ReplaceFields returns base without the fields whose names are in over, followed by over.
func ReplaceFields(base, over []Field) []Field {
	replaced := make(map[string]bool, len(over))
	for _, field := range over {
		replaced[strings.ToLower(field.Name)] = true
	}
	var fields []Field
	for _, field := range base {
		if !replaced[strings.ToLower(field.Name)] {
			fields = append(fields, field)
		}
	}
	return append(fields, over...)
}

func hasField(fields []Field, name string) bool {
	for _, field := range fields {
		if strings.EqualFold(field.Name, name) {
			return true
		}
	}
	return false
}

// IsToken reports whether s is a token (RFC 9110 section 5.6.2), as header names and subprotocols must be.
func IsToken[T string | []byte](s T) bool {
	for i := range len(s) {
		if !IsTokenByte(s[i]) {
			return false
		}
	}
	return len(s) > 0
}

// IsTokenByte reports whether c may stand in a token (RFC 9110 section 5.6.2).
func IsTokenByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}

// IsFieldValue reports whether s may stand in a field value: no control character except tab (RFC 9110 section 5.5).
func IsFieldValue[T string | []byte](s T) bool {
	for i := range len(s) {
		if s[i] < ' ' && s[i] != '\t' || s[i] == 0x7f {
			return false
		}
	}
	return true
}
