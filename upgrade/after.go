package upgrade

import (
	"bytes"
	"io"
	"time"

	"github.com/gobwas/ws"
)

const (
	maxAfter  = 512                     // bytes that are kept of what a server sends after the 101
	closeByte = 1<<7 | byte(ws.OpClose) // the first of a whole Close (RFC 6455 section 5.2)
)

// keepAfter keeps the beginning of what came after the 101 of a probe that exchanges nothing.
func (s *session) keepAfter(b []byte) {
	if !s.upgraded || s.Dialogue != nil || len(b) == 0 {
		return
	}
	if s.afterCount == 0 {
		s.afterAt = time.Since(s.began)
	}
	s.afterCount += copy(s.after[s.afterCount:], b)
}

// parseAfter returns the messages in what was kept, and a Close unless it only answers ours.
func (s *session) parseAfter() (messages []Message) {
	if b := s.after[:s.afterCount]; len(b) >= 2 && b[0] == closeByte && int(b[1]) == len(b)-2 && answersClose(b[2:]) {
		return nil // nothing else, as from nearly every server
	}
	var inflated afterInflater
	defer inflated.stop()
	for in := bytes.NewReader(s.after[:s.afterCount]); ; {
		header, err := ws.ReadHeader(in)
		if err != nil || ws.CheckHeader(header, ws.StateClientSide.Set(ws.StateExtended)) != nil {
			return messages
		}
		payload, _ := io.ReadAll(io.LimitReader(in, header.Length))
		cut := int64(len(payload)) < header.Length || !header.Fin
		switch m := (Message{Type: messageTypes[header.OpCode], At: s.afterAt}); {
		case !header.OpCode.IsData() || header.OpCode == ws.OpContinuation:
			if header.OpCode != ws.OpClose || answersClose(payload) {
				continue
			}
			m.Payload = s.excerpt(payload, maxQuoted)
			messages = append(messages, m)
		case header.Rsv1() && s.Trace == nil:
			m.Redacted = true // nobody reads it, and our own secrets cannot be found in it
			messages = append(messages, m)
		default:
			if header.Rsv1() {
				payload = inflated.message(payload)
			}
			m.Payload = s.excerpt(payload, maxQuoted)
			m.Payload.Truncated = m.Payload.Truncated || cut
			messages = append(messages, m)
		}
	}
}

// An afterInflater inflates the compressed messages among those that are kept.
type afterInflater struct {
	*inflater
	text []byte // of the message so far
}

// message inflates the payload of one message, as far as it was kept.
func (a *afterInflater) message(payload []byte) []byte {
	if a.inflater == nil {
		a.inflater = newInflater(func(b []byte) { a.text = append(a.text, b[:min(len(b), maxSearched-len(a.text))]...) })
	}
	a.text = nil
	if a.write(payload, false) == nil {
		a.write([]byte(messageEnd), true)
	}
	return a.text
}

func (a *afterInflater) stop() {
	if a.inflater != nil {
		a.inflater.stop()
	}
}

// answersClose reports whether a Close has a code with which servers answer our 1001, or say goodbye themselves: 1000, 1001 or
// none.
func answersClose(payload []byte) bool {
	code, _ := ws.ParseCloseFrameData(payload)
	return len(payload) < 2 || code == ws.StatusNormalClosure || code == ws.StatusGoingAway
}
