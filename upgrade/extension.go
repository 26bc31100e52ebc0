package upgrade

import "bytes"

// deflateOffer is the field that browsers send. client_max_window_bits means that the server may limit our window, which
// costs us nothing: what we send is not compressed (RFC 7692 section 6).
const deflateOffer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"

// judgeExtensions judges what the server chose: nothing, or permessage-deflate once if it was offered.
func (s *session) judgeExtensions() *fault {
	value, count := s.head.get("Sec-WebSocket-Extensions")
	if count == 0 {
		return nil
	}
	want := "none"
	switch wrong := wrongDeflate(value); {
	case count > 1:
		want = "one at most"
	case s.Deflate && wrong == "":
		s.deflate = true
		return nil
	case s.Deflate:
		want = wrong
	}
	return &fault{reason: BadExtension, detail: "101 from " + s.Target.String() + " with " + s.found("Sec-WebSocket-Extensions", value, count) + ", want " + want}
}

// wrongDeflate judges a field's value as the answer to deflateOffer. It returns "" when the value is right, else what is
// wanted instead. The value is a list of extensions (RFC 6455 section 9.1), which can only have one item here.
func wrongDeflate(value []byte) (want string) {
	name, rest := cutToken(value)
	if string(name) != "permessage-deflate" {
		return "permessage-deflate alone, which was offered"
	}
	var seen [len(deflateParameters)]bool
	for len(rest) > 0 {
		if rest[0] != ';' {
			return "permessage-deflate alone, and a semicolon before each parameter"
		}
		name, rest = cutToken(rest[1:])
		i := deflateParameter(name)
		switch {
		case i < 0:
			return "the parameters of RFC 7692 section 7.1"
		case seen[i]:
			return deflateParameters[i].name + " once"
		}
		seen[i] = true
		valued := len(rest) > 0 && rest[0] == '='
		if valued != deflateParameters[i].bits {
			return deflateParameters[i].want
		}
		if valued {
			var ok bool
			if rest, ok = cutWindowBits(rest[1:]); !ok {
				return deflateParameters[i].want
			}
		}
	}
	return ""
}

// deflateParameters are those of RFC 7692 section 7.1 in a response. Those with bits have a value.
var deflateParameters = [...]struct {
	name string
	bits bool
	want string
}{
	{"server_no_context_takeover", false, "server_no_context_takeover without a value"},
	{"client_no_context_takeover", false, "client_no_context_takeover without a value"},
	{"server_max_window_bits", true, "server_max_window_bits from 8 to 15"},
	{"client_max_window_bits", true, "client_max_window_bits from 8 to 15"},
}

// deflateParameter returns the index of a parameter, -1 for an unknown one. Case counts, as it does for browsers.
func deflateParameter(name []byte) int {
	for i := range deflateParameters {
		if string(name) == deflateParameters[i].name {
			return i
		}
	}
	return -1
}

// cutToken cuts off the first token and the white space around it. The token is empty when there is none.
func cutToken(b []byte) (token, rest []byte) {
	b = bytes.TrimLeft(b, " \t")
	n := 0
	for n < len(b) && IsTokenByte(b[n]) {
		n++
	}
	return b[:n], bytes.TrimLeft(b[n:], " \t")
}

// cutWindowBits cuts off a number from 8 to 15 without a leading zero, and the white space around it. It may be quoted, and
// quoted digits escaped (RFC 6455 section 9.1).
func cutWindowBits(b []byte) (rest []byte, ok bool) {
	b = bytes.TrimLeft(b, " \t")
	b, quoted := bytes.CutPrefix(b, []byte{'"'})
	bits, n := 0, 0
	for ; n < len(b) && bits <= 15; n++ {
		if quoted && b[n] == '\\' && n+1 < len(b) && digit(b[n+1]) {
			n++
		}
		if !digit(b[n]) || bits == 0 && b[n] == '0' {
			break
		}
		bits = 10*bits + int(b[n]-'0')
	}
	b = b[n:]
	if quoted {
		if b, ok = bytes.CutPrefix(b, []byte{'"'}); !ok {
			return nil, false
		}
	}
	return bytes.TrimLeft(b, " \t"), 8 <= bits && bits <= 15
}
