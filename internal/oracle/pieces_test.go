package oracle

import (
	"compress/flate"
	"encoding/binary"
	"io"
	"strings"
)

// pieces make one or more frames, right or wrong.
var pieces = []struct {
	name   string
	frames func(g generator) []frame
}{
	{"text", func(g generator) []frame { return []frame{{opcode: text, payload: g.utf8()}} }},
	{"binary", func(g generator) []frame { return []frame{{opcode: binaryData, payload: g.utf8() + "\xff"}} }},
	{"length", func(g generator) []frame { return []frame{{opcode: text, payload: strings.Repeat("x", g.length())}} }},
	{"ping", func(g generator) []frame { return []frame{{opcode: ping, payload: strings.Repeat("x", g.IntN(126))}} }},
	{"any frame", func(g generator) []frame {
		return []frame{{opcode: byte(g.IntN(16)), more: g.IntN(4) == 0, rsv: byte(max(0, g.IntN(16)-8)), masked: g.IntN(10) == 0, payload: g.pick("", "x", g.utf8())}}
	}},
	{"control frame", func(g generator) []frame {
		return []frame{{opcode: byte(closeFrame + g.IntN(3)), more: g.IntN(3) == 0, payload: "\x03\xe8" + strings.Repeat("x", 90+g.IntN(60))}}
	}},
	{"length not in its shortest form", func(g generator) []frame {
		form, length := byte(126), g.IntN(130)
		if g.IntN(2) == 0 {
			form, length = 127, g.IntN(300)
		}
		return []frame{{opcode: []byte{text, binaryData, ping, pong, closeFrame}[g.IntN(5)], form: form, payload: "\x03\xe8" + strings.Repeat("x", length)}}
	}},
	{"length beyond what comes", func(g generator) []frame { // binary: else Chromium sees that what comes is not UTF-8
		return []frame{{opcode: binaryData, claim: []uint64{1 << 63, 1<<63 + 5, 1<<64 - 1, 1 << 62, 1 << 40, 1 << 33, 100}[g.IntN(7)], payload: "x"}}
	}},
	{"close", func(g generator) []frame {
		codes := []uint16{0, 1, 999, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1010, 1011, 1012, 1013, 1014, 1015, 1016, 1100, 2000, 2999, 3000, 3999, 4000, 4999, 5000, 65535}
		body := string(binary.BigEndian.AppendUint16(nil, codes[g.IntN(len(codes))])) + g.pick("", "", "bye", g.utf8())
		return []frame{{opcode: closeFrame, payload: g.pick(body, body, body, body, "", "x")}}
	}},
	{"fragments", fragmented},
	{"fragments", fragmented},
	{"compressed", compressed},
}

// compressed returns a message as permessage-deflate has it (RFC 7692 section 7.2.1), whole or in two fragments, right or
// with one thing wrong.
func compressed(g generator) []frame {
	const tail = "\x00\x00\xff\xff"
	var b strings.Builder
	w, _ := flate.NewWriter(&b, g.IntN(10))
	io.WriteString(w, g.pick(g.utf8(), strings.Repeat("ab", 500), strings.Repeat("\x00", 1<<20)))
	w.Flush()
	payload := strings.TrimSuffix(b.String(), tail)
	switch g.IntN(8) {
	case 0:
		payload += tail
	case 1:
		payload = g.pick("", "\x00", "\xff", "x", "\x07\xff\xff", payload[:len(payload)/2])
	case 2:
		payload += payload
	}
	f := frame{opcode: []byte{text, binaryData}[g.IntN(2)], rsv: []byte{4, 4, 4, 4, 0, 5}[g.IntN(6)], payload: payload}
	if g.IntN(2) == 0 {
		return []frame{f}
	}
	cut := g.IntN(len(payload) + 1)
	rest := frame{opcode: continuation, rsv: []byte{0, 0, 0, 4}[g.IntN(4)], payload: payload[cut:]}
	f.more, f.payload = true, payload[:cut]
	return []frame{f, rest}
}

// fragmented returns a message in fragments, or what looks like one.
func fragmented(g generator) (frames []frame) {
	whole := g.utf8() + g.pick("", "☃☃☃", strings.Repeat("é", 100))
	opcode := byte(text)
	if g.IntN(4) == 0 {
		opcode = binaryData
	}
	for count := 1 + g.IntN(4); count > 0; count-- {
		cut := len(whole)
		if count > 1 {
			cut = g.IntN(len(whole) + 1)
		}
		frames = append(frames, frame{opcode: opcode, more: count > 1, payload: whole[:cut]})
		whole, opcode = whole[cut:], continuation
		if count > 1 && g.IntN(3) == 0 {
			frames = append(frames, frame{opcode: []byte{ping, pong, pong}[g.IntN(3)], payload: g.pick("", "x", "\xff")})
		}
	}
	switch last := &frames[len(frames)-1]; g.IntN(12) {
	case 0: // the next message begins before this one has ended
		last.more = true
	case 1: // a continuation of nothing
		frames = frames[1:]
	case 2:
		last.rsv = 4
	}
	return frames
}

// utf8 returns text that is UTF-8, or in one of three cases is not.
func (g generator) utf8() string {
	if g.IntN(3) > 0 {
		return g.pick("", "x", "hello", "é", "☃", "\U0001f600", "\x00", "\ufeff", "\uffff", "\U0010ffff", "\ue000", "\ud7ff", "a\r\nb")
	}
	bad := g.pick("\xff", "\x80", "\xc3", "\xe2\x98", "\xf0\x9f\x98", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xf0\x80\x80\x80", "\xe2\x28\xa1", "\xfe")
	return g.pick("", "x", "é") + bad + g.pick("", "", "x")
}

// length returns a length, often around a limit of the three forms.
func (g generator) length() int {
	return []int{0, 1, 124, 125, 126, 127, 128, 65534, 65535, 65536, 65537, 70000, 200000}[g.IntN(13)]
}
