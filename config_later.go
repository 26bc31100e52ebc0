package main

import (
	"encoding/hex"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// protocols are the depths of WSHEALTHZ_CHECK that a later version has.
var protocols = []string{
	"ping", "graphql-transport-ws", "graphql-ws", "socket.io", "signalr", "stomp", "mqtt", "mqtt5", "wamp",
	"phoenix", "actioncable", "jsonrpc", "nats", "xmpp", "ocpp",
}

// notYet judges the variables that this version knows and cannot serve. They are refused, not ignored: who sets
// one relies on it. A value that asks for nothing more than this version does is taken.
func (j *judge) notYet() {
	const absent = "it unset: this is not in this version"
	if slices.Contains(protocols, j.Check) {
		j.wrong("CHECK", j.Check, "handshake: the other depths are not in this version")
	} else if j.Check != "handshake" {
		j.wrong("CHECK", j.Check, "handshake")
	}
	if data, found := strings.CutPrefix(j.Send, "hex:"); found && !isHex(data) {
		j.fault(prefix+"SEND", "is set and no hex", "an even number of hex digits behind hex:")
	} else if j.Send != "" {
		j.fault(prefix+"SEND", "is set", absent)
	}
	if _, err := regexp.Compile(j.Expect); err != nil {
		j.fault(prefix+"EXPECT", "is set and no regular expression", "one as Go's RE2 has it")
	} else if j.Expect != "" {
		j.fault(prefix+"EXPECT", "is set", absent)
	}
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

// isHex says whether text is bytes in hex, white space allowed.
func isHex(text string) bool {
	_, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
	return err == nil
}
