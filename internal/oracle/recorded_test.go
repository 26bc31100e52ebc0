package oracle

import (
	"slices"
	"strings"
	"testing"

	"wshealthz/upgrade"
)

const (
	rightFields = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {A}\r\n\r\n"
	rightHead   = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {A}\r\n"
)

// recorded are answers with the votes of Chromium 156, Firefox 153, nginx 1.22, HAProxy 2.6 and Caddy 2.6, in this order:
// "+" when the client opens the WebSocket, or the gateway passes on a 101. No extension was offered.
var recorded = []struct {
	votes   string
	text    string
	closing closing
	asked   string
}{
	{votes: "+++++", text: rightHead + "\r\n"},
	{votes: "-++++", text: rightHead + "Sec-WebSocket-Extensions:\r\n\r\n"},
	{votes: "--+--", text: rightHead + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n"},
	{votes: "--+-+", text: rightHead + "Content-Length: 5,\r\n\r\n"},
	{votes: "--++-", text: rightHead + "Content-Length: 0\r\nContent-Length: 00\r\n\r\n"},
	{votes: "+++-+", text: rightHead + "Content-Length: abc\r\n\r\n"},
	{votes: "+++++", text: rightHead + "Location: /a, /b\r\n\r\n"},
	{votes: "--+++", text: rightHead + "Content-Disposition: a\r\nContent-Disposition: b\r\n\r\n"},
	{votes: "+++++", text: rightHead + "Content-Disposition: a; filename=\"b, c\"\r\n\r\n"},
	{votes: "++--+", text: rightHead + "X Y: y\r\n\r\n"},
	{votes: "+++-+", text: rightHead + "X@Y: y\r\n\r\n"},
	{votes: "+++-+", text: rightHead + "X[1]: y\r\n\r\n"},
	{votes: "+++-+", text: rightHead + "X\xe9: y\r\n\r\n"},
	{votes: "-+--+", text: rightHead + "X\x00Y: y\r\n\r\n"},
	{votes: "++--+", text: rightHead + ":x: y\r\n\r\n"},
	{votes: "++--+", text: rightHead + "X : y\r\n\r\n"},
	{votes: "---++", text: rightHead + "X: a\x00b\r\n\r\n"},
	{votes: "+++++", text: rightHead + "X: a\xffb\r\n\r\n"},
	{votes: "++--+", text: rightHead + "X: a\rb\r\n\r\n"},
	{votes: "++-++", text: rightHead + "X: a\r\n b\r\n\r\n"},
	{votes: "++-++", text: rightHead + " \r\n\r\n"},
	{votes: "++--+", text: rightHead + "X: " + strings.Repeat("v", 66<<10) + "\r\n\r\n"},
	{votes: "++--+", text: rightHead + "X: " + strings.Repeat("v", 250<<10) + "\r\n\r\n"},
	{votes: "-+--+", text: rightHead + "X: " + strings.Repeat("v", 262<<10) + "\r\n\r\n"},
	{votes: "-++++", text: rightHead + "Sec-WebSocket-Protocol: chat\r\n\r\n"},
	{votes: "-----", text: rightHead + "Sec-WebSocket-Accept: {A}\r\n\r\n"},
	{votes: "--+--", text: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: \"Upgrade\"\r\nSec-WebSocket-Accept: {A}\r\n\r\n"},
	{votes: "-+---", text: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket, h2c\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {A}\r\n\r\n"},
	{votes: "-+---", text: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket,\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {A}\r\n\r\n"},
	{votes: "++-+-", text: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n \r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {A}\r\n\r\n"},
	{votes: "+++++", text: "HTTP/1.1 101\r\n" + rightFields},
	{votes: "-++++", text: "HTTP/1.1 101 a\x00b\r\n" + rightFields},
	{votes: "-----", text: "HTTP/1.1 101\x00\r\n" + rightFields},
	{votes: "+++++", text: "HTTP/1.1 101 a\x01b\r\n" + rightFields},
	{votes: "++--+", text: "HTTP/1.1 101 a\rb\r\n" + rightFields},
	{votes: "-----", text: "HTTP/1.1 200 OK\r\n" + rightFields},
	{votes: "++-+-", text: "\r\n" + rightHead + "\r\n"},
	{votes: "---+-", text: "\r\n\r\n\r\n" + rightHead + "\r\n"},
	{votes: "++---", text: "X" + rightHead + "\r\n"},
	{votes: "++---", text: "XXXX" + rightHead + "\r\n"},
	{votes: "-+---", text: "\x00" + rightHead + "\r\n"},
	{votes: "++---", text: "HTTP/1.1 101 Switching Protocols\r\n X: y\r\n" + rightFields},
	{votes: "+----", text: "HTTP/1.1 101 Switching Protocols\r\nUpgrade : websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {A}\r\n\r\n"},
	{votes: "+----", text: "HTTP/1.1 101 Switching Protocols\r" + rightFields},
	{votes: "+----", text: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\rConnection: Upgrade\r\nSec-WebSocket-Accept: {A}\r\n\r\n"},
	{votes: "++--+", text: "HTTP/1.1 101 Switching Protocols\r\r\n" + rightFields},
	{votes: "+-+--", text: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {A}\r\n\r\n"},
	{votes: "-----", text: rightHead + "\r\r\n"},
	{votes: "+++++", text: rightHead + "\n\r\n"},
	{votes: "+++++", text: rightHead + "\n"},
	{votes: "+-+++", text: rightHead + "\r\n", closing: finish},
	{votes: "+-+++", text: rightHead + "\r\n", closing: reset},
	{votes: "-+---", text: rightHead, closing: finish},
	{votes: "-----", text: "HTTP/1.1 100 Continue\r\n\r\n", closing: finish},
	{votes: "-++++", text: rightHead + "\r\n", asked: "chat"},
	{votes: "--+++", text: rightHead + "Sec-WebSocket-Protocol:\r\n\r\n", asked: "chat"},
	{votes: "--+++", text: rightHead + "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: chat\r\n\r\n", asked: "chat"},
}

// healthyVotes is the yardstick: Chromium opens, and two of the three gateways pass it on.
func healthyVotes(votes string) bool { return votes[0] == '+' && strings.Count(votes[2:], "+") >= 2 }

func recordedAnswer(i int) *answer {
	a := &answer{before: recorded[i].text, closing: recorded[i].closing}
	if recorded[i].asked != "" {
		a.asked = []string{recorded[i].asked}
	}
	return a
}

// TestRecorded wants the verdicts that the recorded votes make.
func TestRecorded(t *testing.T) {
	s := newAnswerer()
	address := s.serve(t)
	var answers []*answer
	for i := range recorded {
		answers = append(answers, recordedAnswer(i))
	}
	for i, v := range atOnce(len(answers), answers, func(a *answer) upgrade.Verdict { return probe(t, address, s.add(a), a.asked) }) {
		if votes := recorded[i].votes; v.Healthy() != healthyVotes(votes) {
			t.Errorf("%v: %v, want healthy: %t, since Chromium, Firefox, nginx, HAProxy and Caddy vote %s", answers[i], v, healthyVotes(votes), votes)
		}
	}
}

// TestGenerated wants a verdict on each generated answer and sequence, of a phase that judges them, and each kind of
// mutation and piece among them.
func TestGenerated(t *testing.T) {
	s := newAnswerer()
	address := s.serve(t)
	g := newGenerator(1)
	var answers []*answer
	var sequences []sequence
	kinds := map[string]bool{}
	for range 400 {
		a, s := g.answer(), g.sequence()
		answers, sequences = append(answers, a), append(sequences, s)
		for _, name := range append(a.names, s.names...) {
			kinds[name] = true
		}
	}
	for i, v := range atOnce(100, answers, func(a *answer) upgrade.Verdict { return probe(t, address, s.add(a), a.asked) }) {
		if v.Reason != upgrade.OK && v.Reason.Phase() != upgrade.Upgrade {
			t.Errorf("%v on %v", v, answers[i])
		}
	}
	for i, v := range atOnce(100, sequences, func(q sequence) upgrade.Verdict { return readUntilEnd(t, address, s.add(q.answer())) }) {
		if phase := v.Reason.Phase(); v.Reason != upgrade.OK && phase != upgrade.Exchange && !(sequences[i].deflate && v.Reason == upgrade.BadExtension) {
			t.Errorf("%v on %v", v, sequences[i].frames)
		}
	}
	for _, m := range mutations {
		if !kinds[m.name] {
			t.Errorf("no answer with the mutation %q", m.name)
		}
	}
	for _, p := range pieces {
		if !kinds[p.name] {
			t.Errorf("no sequence with the piece %q", p.name)
		}
	}
	if a, b := newGenerator(7), newGenerator(7); !slices.Equal(texts(a), texts(b)) {
		t.Error("one seed made two different lists of answers")
	}
}

func texts(g generator) (all []string) {
	for range 50 {
		all = append(all, g.answer().String(), g.sequence().text())
	}
	return all
}
