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
	Redacted bool          // Payload is left out because it is WSHEALTHZ_SEND's; never with Prober.ShowSecrets
	At       time.Duration // since the probe began
}

var messageTypes = map[ws.OpCode]string{ws.OpText: "text", ws.OpBinary: "binary", ws.OpPing: "ping", ws.OpPong: "pong", ws.OpClose: "close"}

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
