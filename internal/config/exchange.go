package config

import (
	"encoding/hex"
	"regexp"
	"strings"

	"wshealthz/upgrade"
)

// exchange judges CHECK, SEND and EXPECT: what is said after the handshake. SEND and EXPECT may hold secrets and are never
// shown.
func (j *judge) exchange() {
	const expected = "a message that matches WSHEALTHZ_EXPECT"
	first, binary := j.send()
	expect := j.expect()
	t := &j.config.Target
	protocol, found := upgrade.FindProtocol(j.Check)
	switch {
	case j.Check == "handshake":
		if j.Send != "" && j.Expect == "" {
			j.wrong(&j.Send, "come with WSHEALTHZ_EXPECT, or with a WSHEALTHZ_CHECK that knows the healthy answer")
		}
		if expect != nil {
			t.Dialogue = &upgrade.Dialogue{Want: expected}
		}
	case j.Check == "ping":
		t.Dialogue = upgrade.Ping()
		j.unset(&j.Send, "be unset with WSHEALTHZ_CHECK=ping")
		j.unset(&j.Expect, "be unset with WSHEALTHZ_CHECK=ping")
	case !found:
		j.oneOf(&j.Check, append([]string{"handshake", "ping"}, protocolNames()...)...)
	case t.URL != nil:
		t.Dialogue = protocol.Dialogue(t)
		if j.Subprotocols == "" {
			t.Subprotocols = protocol.Subprotocols
		}
	}
	if d := t.Dialogue; d != nil && !d.Ping {
		if j.Send != "" {
			d.First, d.Binary, d.Secret = first, binary, true
		}
		if expect != nil {
			d.Expect, d.Want = expect, expected
		}
	}
}

// unset records a fault when a field that has no use here is set.
func (j *judge) unset(field *string, must string) {
	if *field != "" {
		j.wrong(field, must)
	}
}

// send decodes the first message: text, or binary as hex digits after "hex:".
func (j *judge) send() (first []byte, binary bool) {
	digits, binary := strings.CutPrefix(j.Send, "hex:")
	if !binary {
		return []byte(j.Send), false
	}
	first, err := hex.DecodeString(strings.Join(strings.Fields(digits), ""))
	if err != nil {
		j.fault(&j.Send, "is not valid hex, must have an even number of hex digits after hex:")
	}
	return first, true
}

func (j *judge) expect() func([]byte) bool {
	if j.Expect == "" {
		return nil
	}
	pattern, err := regexp.Compile(j.Expect)
	if err != nil {
		j.fault(&j.Expect, "is not a valid regular expression, must be one in Go's RE2 syntax")
		return nil
	}
	return pattern.Match
}

func protocolNames() []string {
	var names []string
	for _, p := range upgrade.Protocols {
		names = append(names, p.Name)
	}
	return names
}
