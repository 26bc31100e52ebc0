package upgrade

import (
	"bytes"
	"time"

	"github.com/gobwas/ws"
)

// A Message is one message of the exchange, for a person to read: a whole data message or a control frame.
type Message struct {
	Sent     bool          // by us
	Type     string        // text, binary, ping, pong or close
	Payload  Excerpt       // at most 200 bytes
	Redacted bool          // Payload is left out: it is WSHEALTHZ_SEND's and Prober.ShowSecrets is not set, or it is compressed and nobody traces
	At       time.Duration // since the probe began
}

var messageTypes = map[ws.OpCode]string{ws.OpText: "text", ws.OpBinary: "binary", ws.OpPing: "ping", ws.OpPong: "pong", ws.OpClose: "close"}

// CloseCode returns the code and the reason of a Close that has them.
func (m Message) CloseCode() (code uint16, reason Excerpt, ok bool) {
	if b := m.Payload.Bytes; m.Type == messageTypes[ws.OpClose] && len(b) >= 2 {
		return uint16(b[0])<<8 | uint16(b[1]), Excerpt{Bytes: b[2:], Truncated: m.Payload.Truncated}, true
	}
	return 0, Excerpt{}, false
}

// trace shows one message to Prober.Trace.
func (s *session) trace(sent bool, op ws.OpCode, payload []byte) {
	if s.Trace == nil {
		return
	}
	m := Message{Sent: sent, Type: messageTypes[op], At: time.Since(s.began)}
	d := s.Dialogue
	m.Redacted = sent && d.Secret && !s.ShowSecrets && !op.IsControl() && bytes.Equal(payload, d.First)
	if !m.Redacted {
		m.Payload = s.excerpt(payload, maxQuoted)
	}
	s.Trace(m)
}
