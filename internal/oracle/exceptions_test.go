//go:build oracles

package oracle

import (
	"encoding/binary"
	"slices"
	"strings"
)

// Exceptions are where the verdict differs from the yardstick, each with its reason. Everything else that differs fails
// the test.
var (
	answerExceptions = []exception[finding]{
		{"Chromium offered an extension and wshealthz none, so the server that uses it answered another question",
			func(o *oracles, f finding) bool { return !o.offer.Load() && f.has("Sec-WebSocket-Extensions") }},
		{"nginx passes over a line that begins with HTTP/ and has a space before its colon: nothing sends that",
			func(o *oracles, f finding) bool {
				return strings.Contains(f.text(""), "\nHTTP/") && f.vote.String() == "++-+"
			}},
	}
	frameExceptions = []exception[exchanged]{
		{"Chromium fails on a Close of one byte or with code 1005, 1006 or 1015, wshealthz takes it for a Close: unhealthy either way",
			func(o *oracles, e exchanged) bool { return e.ours == closed && e.theirs == failed && e.brokenClose() }},
		{"Chromium refuses a length over 2 GiB at once, wshealthz reads until its time is up: unhealthy either way",
			func(o *oracles, e exchanged) bool { return e.ours == waited && e.theirs == failed && e.claims(1<<31) }},
		{"Chromium passes over RSV2 and RSV3 where a compressed message begins in a fragment, or in a frame that it reads in pieces, and RFC 6455 section 5.2 does not",
			func(o *oracles, e exchanged) bool {
				return e.ours == failed && e.theirs != failed && e.deflate && e.reserved()
			}},
	}
)

type exception[R result] struct {
	why   string
	holds func(*oracles, R) bool
}

// except returns why a disagreement is one of the exceptions, "" when it is none.
func except[R result](o *oracles, exceptions []exception[R]) func(R) string {
	return func(r R) string {
		for _, e := range exceptions {
			if e.holds(o, r) {
				return e.why
			}
		}
		return ""
	}
}

// brokenClose reports whether the last frame is a Close that must not be sent (RFC 6455 sections 5.5.1 and 7.4.1).
func (s sequence) brokenClose() bool {
	last := s.frames[len(s.frames)-1]
	if last.opcode != closeFrame || len(last.payload) < 2 {
		return last.opcode == closeFrame && len(last.payload) == 1
	}
	code := binary.BigEndian.Uint16([]byte(last.payload))
	return code == 1005 || code == 1006 || code == 1015
}

// reserved reports whether a compressed message begins in a fragment, or in a frame over 4 KB, that has RSV2 or RSV3.
func (s sequence) reserved() bool {
	return slices.ContainsFunc(s.frames, func(f frame) bool { return f.rsv > 4 && (f.more || len(f.payload) >= 4000) })
}

// claims reports whether a frame announces at least that length.
func (s sequence) claims(length uint64) bool {
	return slices.ContainsFunc(s.frames, func(f frame) bool { return f.claim >= length })
}
