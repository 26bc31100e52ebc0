package oracle

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// Opcodes of RFC 6455 section 5.2.
const (
	continuation = 0x0
	text         = 0x1
	binaryData   = 0x2
	closeFrame   = 0x8
	ping         = 0x9
	pong         = 0xa
)

// A frame is one frame of the server.
type frame struct {
	more    bool // FIN is not set
	rsv     byte // the three reserved bits, 0 to 7
	opcode  byte
	masked  bool
	form    byte   // of the length: 0 for the shortest, else 126 or 127
	claim   uint64 // the length that is announced, 0 for the payload's
	payload string
}

func (f frame) text() string {
	first := f.rsv<<4 | f.opcode
	if !f.more {
		first |= 0x80
	}
	length, mask := uint64(len(f.payload)), byte(0)
	if f.claim > 0 {
		length = f.claim
	}
	payload := f.payload
	if f.masked {
		mask, payload = 0x80, "\x00\x00\x00\x00"+payload
	}
	switch {
	case f.form == 127 || length > 0xffff:
		return string(binary.BigEndian.AppendUint64([]byte{first, mask | 127}, length)) + payload
	case f.form == 126 || length > 125:
		return string(binary.BigEndian.AppendUint16([]byte{first, mask | 126}, uint16(length))) + payload
	}
	return string([]byte{first, mask | byte(length)}) + payload
}

// String shows the frame to a person.
func (f frame) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%x", f.opcode)
	if f.more {
		b.WriteString("+")
	}
	if f.rsv > 0 {
		fmt.Fprintf(&b, " rsv %03b", f.rsv)
	}
	if f.masked {
		b.WriteString(" masked")
	}
	if f.form > 0 {
		fmt.Fprintf(&b, " form %d", f.form)
	}
	if f.claim > 0 {
		fmt.Fprintf(&b, " claims %d", f.claim)
	}
	return b.String() + " " + shorten(f.payload)
}

// A sequence is what the server sends after a right head: frames, of which the last one is the text message "end", or a
// Close.
type sequence struct {
	frames  []frame
	deflate bool     // permessage-deflate is agreed
	names   []string // of what it was made by
}

// text returns the bytes that the server sends.
func (s sequence) text() string {
	var b strings.Builder
	for _, f := range s.frames {
		b.WriteString(f.text())
	}
	return b.String()
}

// answer returns a right head, with which the frames are sent.
func (s sequence) answer() *answer {
	a := right()
	if s.deflate {
		a.lines = append(a.lines, line{"Sec-WebSocket-Extensions: permessage-deflate", crlf})
	}
	a.after = s.text()
	return a
}

// sequence returns one to three pieces and the message "end".
func (g generator) sequence() (s sequence) {
	count := 1
	for count < 3 && g.IntN(3) == 0 {
		count++
	}
	for range count {
		made := pieces[g.IntN(len(pieces))]
		s.names = append(s.names, made.name)
		s.frames = append(s.frames, made.frames(g)...)
	}
	s.deflate = g.IntN(4) == 0 || slices.Contains(s.names, "compressed") && g.IntN(4) > 0
	s.frames = append(s.frames, frame{opcode: text, payload: "end"})
	if i := slices.IndexFunc(s.frames, func(f frame) bool { return f.opcode == closeFrame }); i >= 0 {
		s.frames = s.frames[:i+1] // wshealthz reads nothing that follows a Close
	}
	return s
}
