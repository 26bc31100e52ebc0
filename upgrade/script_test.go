package upgrade

import (
	"io"
	"strings"
	"time"

	"wshealthz/internal/testbed"
)

// acceptText is the answer of a conforming server as it is on the wire, except for the accept.
const acceptText = testbed.SwitchingProtocols + "\r\n"

// acceptsAndWrites returns a script that writes the head of a conforming server and more in one segment.
func acceptsAndWrites(more string) testbed.Script { return testbed.AnswerText(acceptText + more) }

// answersPing returns a script that accepts, reads the Ping, and writes what reply makes of its payload.
func answersPing(reply func(ping string) string) testbed.Script {
	return func(p *testbed.Peer) {
		p.ReadRequestAndAccept()
		op, payload := p.ReadFrame()
		if op != testbed.OpPing {
			p.Errorf("the prober sent opcode %#x, want a Ping", op)
		}
		io.WriteString(p, reply(string(payload)))
	}
}

// forever is a reader without an end. It gives all of itself each time, so that frames stay whole.
type forever string

func (f forever) Read(p []byte) (int, error) { return copy(p, f), nil }

// flood writes text again and again until the prober is gone.
func flood(p *testbed.Peer, text string) {
	p.DoNotWatch()
	io.Copy(p.TCP, struct{ io.Reader }{forever(strings.Repeat(text, 4096/len(text)+1))})
}

// floods returns a script that reads the request, answers with head, and then floods.
func floods(head, more string) testbed.Script {
	return func(p *testbed.Peer) {
		p.ReadRequest()
		p.Answer(head)
		flood(p, more)
	}
}

// drips returns a script that writes head and then more at a pace, forever.
func drips(head, more string, pace time.Duration) testbed.Script {
	return func(p *testbed.Peer) {
		p.DoNotWatch()
		p.ReadRequest()
		for _, err := io.WriteString(p, head); err == nil; _, err = io.WriteString(p, more) {
			time.Sleep(pace) // the case is a slow server
		}
	}
}

func text(payload string) string { return testbed.Frame(testbed.OpText, payload) }

func binary(payload string) string { return testbed.Frame(testbed.OpBinary, payload) }

func pong(payload string) string { return testbed.Frame(testbed.OpPong, payload) }
