package doctor

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"wshealthz/upgrade"
)

// maxMessages is how many messages are kept from the beginning of an exchange, and as many from its end: a server may send
// millions within the budget, and a person reads neither those nor a report of a gigabyte.
const maxMessages = 50

// Messages are those of an exchange: the first 50, the last 50, and how many were between. The zero value has none. It is
// not safe for concurrent use.
type Messages struct {
	first []upgrade.Message
	last  []upgrade.Message // a ring of maxMessages: the next one's place is count % maxMessages
	count uint64            // of all messages
}

// Add adds the next message.
func (m *Messages) Add(message upgrade.Message) {
	switch {
	case len(m.first) < maxMessages:
		m.first = append(m.first, message)
	case len(m.last) < maxMessages:
		m.last = append(m.last, message)
	default:
		m.last[m.count%maxMessages] = message
	}
	m.count++
}

// First returns the first messages, in order.
func (m *Messages) First() []upgrade.Message { return m.first }

// Last returns the last messages that are not among the first, in order.
func (m *Messages) Last() []upgrade.Message {
	if len(m.last) < maxMessages {
		return m.last
	}
	oldest := m.count % maxMessages
	return slices.Concat(m.last[oldest:], m.last[:oldest])
}

// LeftOut returns how many messages were between the first and the last.
func (m *Messages) LeftOut() uint64 { return m.count - uint64(len(m.first)+len(m.last)) }

// lines returns a line for each message, and one where some were left out.
func (m *Messages) lines() (lines []string) {
	for _, message := range m.First() {
		lines = append(lines, messageLine(message))
	}
	if left := m.LeftOut(); left > 0 {
		lines = append(lines, "... "+grouped(left)+" messages left out ...")
	}
	for _, message := range m.Last() {
		lines = append(lines, messageLine(message))
	}
	return lines
}

// grouped returns a number with a comma after each thousand.
func grouped(n uint64) string {
	text := strconv.FormatUint(n, 10)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func messageLine(m upgrade.Message) string {
	return fmt.Sprintf("%10s  %s %-6s %s", milliseconds(m.At), way(m), m.Type, MessageText(m))
}

func way(m upgrade.Message) string {
	if m.Sent {
		return "sent"
	}
	return "came"
}

// payload returns a message's payload, quoted; "…" for one that is not to be shown.
func payload(m upgrade.Message) string {
	switch {
	case m.Redacted:
		return "…"
	case len(m.Payload.Bytes) == 0:
		return `""`
	}
	return m.Payload.String()
}

// MessageText returns a message's payload for a person: quoted, after the code of a Close.
func MessageText(m upgrade.Message) string {
	if code, reason, ok := m.CloseCode(); ok {
		return strings.TrimSuffix(fmt.Sprintf("%d %s", code, reason), " ")
	}
	return payload(m)
}
