package upgrade

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// A Dialogue is the exchange of messages after the handshake: what is sent, and which reply is healthy.
type Dialogue struct {
	// Want describes the healthy reply to a person, for details.
	Want string
	// Ping sends a Ping and waits for its Pong (RFC 6455 section 5.5.2). Of the other fields only Want and Goodbye are
	// used then.
	Ping bool
	// First is the first message that is sent. Default: none.
	First []byte
	// Binary makes First a binary message. Default: text.
	Binary bool
	// Secret redacts First wherever it is shown.
	Secret bool
	// Common holds words that are not secret although they are in First: the protocol's own first message.
	Common string
	// After reports whether packet is the one that the server sends before First is due. Default: First is sent at once.
	After func(packet []byte) bool
	// Cut cuts the first whole packet off a stream that runs across messages. It returns a nil packet when more is
	// needed; it did so before for the first searched bytes of the stream. Default: each message is a packet.
	Cut func(stream []byte, searched int) (packet, rest []byte)
	// Expect reports whether a message, of which it gets the first 64 KiB, is healthy. It replaces Healthy.
	Expect func(message []byte) bool
	// Healthy and Refused report whether a packet is the healthy reply, or a refusal. Default: none is.
	Healthy, Refused func(packet []byte) bool
	// RefusedCode reports whether the status code of a Close is a refusal. Default: none is.
	RefusedCode func(code uint16) bool
	// Goodbye is a binary message that is sent before our Close when the verdict is OK. Default: none.
	Goodbye []byte
}

// exchange sends and reads until a reply is healthy, or one is a refusal, or the budget ends.
func (s *session) exchange() *fault {
	x := &exchange{s: s, d: s.Dialogue, in: newReader(s)}
	defer x.in.close()
	f := x.run()
	s.healthy = f == nil
	return f
}

type exchange struct {
	s      *session
	d      *Dialogue
	in     *reader
	ping   [8]byte
	sent   bool
	count  int // whole data messages received
	unread int // more of them that were no longer inflated
	stream stream
}

func (x *exchange) run() *fault {
	if x.d.Ping {
		copy(x.ping[:], rand.Text()) // printable: one npm server takes a payload for text, and sends back other bytes changed
		x.s.send(ws.OpPing, x.ping[:])
	} else if x.d.After == nil {
		x.sendFirst()
	}
	for {
		m, err := x.in.next()
		if err != nil {
			return x.broken(err)
		}
		switch m.op {
		case ws.OpPing:
			x.s.send(ws.OpPong, m.payload)
		case ws.OpPong:
			// uwsgi's Pong is always empty.
			if x.d.Ping && (len(m.payload) == 0 || bytes.Equal(m.payload, x.ping[:])) {
				return nil
			}
		case ws.OpClose:
			if len(m.payload) > 2 && !utf8.Valid(m.payload[2:]) { // RFC 6455 section 5.5.1
				return x.broken(errNotUTF8)
			}
			return x.judgeClose(m.payload)
		default:
			if m.unread {
				x.unread++
				continue
			}
			if done, f := x.judge(m.payload); done || f != nil {
				return f
			}
		}
	}
}

func (x *exchange) sendFirst() {
	x.sent = true
	if x.d.First == nil {
		return
	}
	op := ws.OpText
	if x.d.Binary {
		op = ws.OpBinary
	}
	x.s.send(op, x.d.First)
}

// judge judges a whole message and the packets that it completes.
func (x *exchange) judge(payload []byte) (done bool, f *fault) {
	x.count++
	x.s.messages = x.count
	x.s.last = append(x.s.last[:0], payload[:min(len(payload), maxSearched)]...)
	if x.d.Ping {
		return false, nil
	}
	if x.d.Expect != nil && x.d.Expect(payload) {
		return true, nil
	}
	if x.d.Cut == nil {
		return x.judgePacket(payload)
	}
	return x.judgeStream(payload)
}

// judgeClose judges a Close: a refusal by the protocol's own code, or the end of a session that has not begun.
func (x *exchange) judgeClose(payload []byte) *fault {
	reason, text := ClosedEarly, "Close without a code"
	if code, why := ws.ParseCloseFrameData(payload); len(payload) >= 2 {
		text, x.s.closeCode = fmt.Sprintf("Close %d", code), uint16(code)
		if why != "" {
			text += " " + x.s.quote([]byte(why))
		}
		if x.d.RefusedCode != nil && x.d.RefusedCode(uint16(code)) {
			reason = RefusedByProtocol
		}
	}
	return &fault{reason: reason, detail: fmt.Sprintf("%s from %s, want %s", text, &x.s.Target, x.d.Want)}
}

// broken returns the fault of a failed read.
func (x *exchange) broken(err error) *fault {
	doing := fmt.Sprintf("waiting for %s from %s", x.d.Want, &x.s.Target)
	late, seen := ReplyTimeout, ""
	if x.count > 0 {
		seen = fmt.Sprintf(", got %d messages, the last %s", x.count, x.s.quote(x.s.last))
		if x.count == 1 {
			seen = fmt.Sprintf(", got one message, %s", x.s.quote(x.s.last))
		}
		if !x.d.Ping {
			late = WrongReply
		}
	}
	if x.unread > 0 {
		seen = fmt.Sprintf(", %d messages not inflated after %d MiB", x.unread, maxInflated>>20) + seen
	}
	if f := x.s.ended(err, late, doing+seen, x.s.budget); f != nil {
		return f
	}
	var framing errFraming
	if errors.As(err, &framing) {
		return &fault{reason: BadFrame, detail: doing + ": " + framing.Error()}
	}
	if f := x.s.tlsFault(err, doing); f != nil {
		return f
	}
	return &fault{reason: ClosedEarly, detail: doing + seen + ": " + ioText(err)}
}
