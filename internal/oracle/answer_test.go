package oracle

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// An answer is what the server sends to an opening handshake. "{A}" in it stands for the right Sec-WebSocket-Accept.
type answer struct {
	before  string // sent in front of the status line
	lines   []line // the status line, then the fields
	end     string // the empty line
	after   string // sent in one piece with the head
	closing closing
	asked   []string // the subprotocols that the client offers
	names   []string // of the mutations that made it
}

type line struct{ text, end string }

// A closing is what the server does after it has sent the answer.
type closing string

const (
	stay   closing = ""      // it waits for the client
	finish closing = "FIN"   // it sends FIN
	reset  closing = "reset" // it resets
)

const crlf = "\r\n"

// rightLines are the head of a conforming server.
var rightLines = []string{"HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: {A}"}

// right returns the answer of a conforming server.
func right() *answer {
	a := &answer{end: crlf}
	for _, text := range rightLines {
		a.lines = append(a.lines, line{text, crlf})
	}
	return a
}

// text returns the bytes that the server sends.
func (a *answer) text(accept string) string {
	var b strings.Builder
	b.WriteString(a.before)
	for _, l := range a.lines {
		b.WriteString(l.text + l.end)
	}
	b.WriteString(a.end + a.after)
	return strings.ReplaceAll(b.String(), "{A}", accept)
}

// field returns the index of the first line with that field, -1 if there is none.
func (a *answer) field(name string) int {
	return slices.IndexFunc(a.lines, func(l line) bool { return strings.HasPrefix(strings.ToLower(l.text), strings.ToLower(name)+":") })
}

// String shows the answer to a person, long runs of one character cut.
func (a *answer) String() string {
	shown := shorten(a.text("{A}"))
	if a.closing != stay {
		shown += " then " + string(a.closing)
	}
	if len(a.asked) > 0 {
		shown = fmt.Sprintf("asked for %q: ", a.asked) + shown
	}
	return shown
}

var manyLines = regexp.MustCompile(`(L[0-9]+: y\\r\\n){4,}`)

// shorten quotes text, with runs of more than 40 of one byte as {v*41}.
func shorten(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		run := i
		for run < len(text) && text[run] == text[i] {
			run++
		}
		if run-i > 40 {
			fmt.Fprintf(&b, "{%c*%d}", text[i], run-i)
		} else {
			b.WriteString(text[i:run])
		}
		i = run
	}
	return manyLines.ReplaceAllStringFunc(fmt.Sprintf("%q", b.String()), func(lines string) string {
		return fmt.Sprintf("{%d short fields}", strings.Count(lines, ": y"))
	})
}
