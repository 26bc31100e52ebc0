package upgrade

import (
	"io"
	"strings"
	"time"

	"github.com/gobwas/ws"
)

// acceptHead is the head of a conforming server.
var acceptHead = []string{"HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: {accept}"}

// acceptText is acceptHead as it is on the wire, except for the accept.
var acceptText = strings.Join(acceptHead, "\r\n") + "\r\n\r\n"

// accepts is a script that reads the request and answers as a conforming server does.
func accepts(p *peer) { p.readAndAccept() }

// answersWith returns a script that reads the request and answers with these lines.
func answersWith(lines ...string) script { return func(p *peer) { p.readAndAnswer(lines...) } }

// acceptsWith returns answersWith the lines of a conforming server first; a line replaces the one with its name.
func acceptsWith(lines ...string) script {
	head := append([]string(nil), acceptHead...)
	for _, line := range lines {
		name, _, _ := strings.Cut(line, ":")
		replaced := false
		for i := range head {
			if strings.HasPrefix(head[i], name+":") {
				head[i], replaced = line, true
			}
		}
		if !replaced {
			head = append(head, line)
		}
	}
	return answersWith(head...)
}

// answersRaw returns a script that reads the request and writes text as it is.
func answersRaw(text string) script { return func(p *peer) { p.readAndWrite(text) } }

// acceptsAndWrites returns a script that writes the head of a conforming server and more in one segment.
func acceptsAndWrites(more string) script { return answersRaw(acceptText + more) }

// answersPing returns a script that accepts, reads the Ping, and writes what reply makes of its payload.
func answersPing(reply func(ping string) string) script {
	return func(p *peer) {
		p.readAndAccept()
		op, payload := p.readFrame()
		if op != ws.OpPing {
			p.t.Errorf("the prober sent %v, want a Ping", op)
		}
		io.WriteString(p, reply(string(payload)))
	}
}

// neverReached is a script whose connection must end in the TLS handshake.
func neverReached(p *peer) { p.t.Error("the TLS handshake succeeded, want none") }

// forever is a reader without an end. It gives all of itself each time, so that frames stay whole.
type forever string

func (f forever) Read(p []byte) (int, error) { return copy(p, f), nil }

// flood writes text again and again until the prober is gone.
func (p *peer) flood(text string) {
	p.endUnwatched()
	io.Copy(p.tcp, struct{ io.Reader }{forever(strings.Repeat(text, 4096/len(text)+1))})
}

// floods returns a script that reads the request, answers with head, and then floods.
func floods(head, more string) script {
	return func(p *peer) {
		p.readAndWrite(head)
		p.flood(more)
	}
}

// drips returns a script that writes head and then more at a pace, forever.
func drips(head, more string, pace time.Duration) script {
	return func(p *peer) {
		p.endUnwatched()
		p.readRequest()
		for _, err := io.WriteString(p, head); err == nil; _, err = io.WriteString(p, more) {
			time.Sleep(pace) // the case is a slow server
		}
	}
}

// frame returns one unmasked frame, as servers send it.
func frame(op ws.OpCode, fin bool, payload string) string {
	return string(ws.MustCompileFrame(ws.NewFrame(op, fin, []byte(payload))))
}

func text(payload string) string { return frame(ws.OpText, true, payload) }

func binary(payload string) string { return frame(ws.OpBinary, true, payload) }

func pong(payload string) string { return frame(ws.OpPong, true, payload) }

func closeFrame(code ws.StatusCode, reason string) string {
	return string(ws.MustCompileFrame(ws.NewCloseFrame(ws.NewCloseFrameBody(code, reason))))
}
