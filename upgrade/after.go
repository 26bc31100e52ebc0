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
	for in := bytes.NewReader(s.after[:s.afterCount]); ; {
		header, err := ws.ReadHeader(in)
		if err != nil || ws.CheckHeader(header, ws.StateClientSide.Set(ws.StateExtended)) != nil {
			return messages
		}
		payload, _ := io.ReadAll(io.LimitReader(in, header.Length))
		switch {
		case header.OpCode == ws.OpClose && !answersClose(payload), header.OpCode.IsData() && header.OpCode != ws.OpContinuation:
			excerpt := s.excerpt(payload, maxQuoted)
			excerpt.Truncated = excerpt.Truncated || int64(len(payload)) < header.Length
			messages = append(messages, Message{Type: messageTypes[header.OpCode], Payload: excerpt, At: s.afterAt})
		}
	}
}

// answersClose reports whether a Close has a code with which servers answer our 1001, or say goodbye themselves: 1000, 1001 or
// none.
func answersClose(payload []byte) bool {
	code, _ := ws.ParseCloseFrameData(payload)
	return len(payload) < 2 || code == ws.StatusNormalClosure || code == ws.StatusGoingAway
}
