package main

import (
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
	"time"

	"wshealthz/upgrade"
)

// dialogue judges CHECK, SEND and EXPECT: what is said after the handshake. What SEND and EXPECT hold may be a secret
// and is never shown.
func (j *judge) dialogue() {
	first, binary := j.send()
	expect := j.expect()
	t := &j.config.target
	protocol, named := upgrade.FindProtocol(j.Check)
	switch {
	case j.Check == "handshake":
		if j.Send != "" && j.Expect == "" {
			j.fault(prefix+"SEND", "is set", "WSHEALTHZ_EXPECT beside it, or a WSHEALTHZ_CHECK that says what is healthy")
		}
		if expect != nil {
			t.Dialogue = &upgrade.Dialogue{Want: "a message that matches WSHEALTHZ_EXPECT"}
		}
	case j.Check == "ping":
		t.Dialogue = upgrade.Ping()
		j.unset("SEND", j.Send, "it unset beside WSHEALTHZ_CHECK=ping")
		j.unset("EXPECT", j.Expect, "it unset beside WSHEALTHZ_CHECK=ping")
	case !named:
		j.wrong("CHECK", j.Check, "handshake, ping, "+strings.Join(protocolNames(), ", "))
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
			d.Expect, d.Want = expect, "a message that matches WSHEALTHZ_EXPECT"
		}
	}
}

func (j *judge) unset(name, value, want string) {
	if value != "" {
		j.fault(prefix+name, "is set", want)
	}
}

// send is the first message: text, or binary in hex behind "hex:".
func (j *judge) send() (first []byte, binary bool) {
	digits, binary := strings.CutPrefix(j.Send, "hex:")
	if !binary {
		return []byte(j.Send), false
	}
	first, err := hex.DecodeString(strings.Join(strings.Fields(digits), ""))
	if err != nil {
		j.fault(prefix+"SEND", "is set and no hex", "an even number of hex digits behind hex:")
	}
	return first, true
}

func (j *judge) expect() func([]byte) bool {
	if j.Expect == "" {
		return nil
	}
	pattern, err := regexp.Compile(j.Expect)
	if err != nil {
		j.fault(prefix+"EXPECT", "is set and no regular expression", "one as Go's RE2 has it")
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

// notYet judges the variables that this version knows and cannot serve. They are refused, not ignored: who sets
// one relies on it. A value that asks for nothing more than this version does is taken.
func (j *judge) notYet() {
	const absent = "it unset: this is not in this version"
	d := j.Drain
	if j.boolean("DRAIN_WAIT", d.Wait) {
		j.wrong("DRAIN_WAIT", d.Wait, absent)
	}
	if timeout := j.duration("DRAIN_TIMEOUT", d.Timeout, 1, time.Hour, "a duration above 0 and at most 1h, such as 20s"); timeout != 20*time.Second && timeout > 0 {
		j.wrong("DRAIN_TIMEOUT", d.Timeout, absent)
	}
	if answers, err := strconv.Atoi(d.Answers); err != nil || answers < 1 {
		j.wrong("DRAIN_ANSWERS", d.Answers, "a whole number above 0")
	} else if answers != 2 {
		j.wrong("DRAIN_ANSWERS", d.Answers, absent)
	}
}
