package faults

import (
	"io"
	"strings"

	"wshealthz/internal/testbed"
)

// A moment is when something begins, as the server knows it.
type moment int

const (
	connect   moment = iota // before the first byte
	request                 // the server has the request
	inHead                  // the server has sent half of its response head
	inReply                 // the server has the Ping or the first message, so that the client has the head
	whenClose               // the server has the Close, so that the client has its verdict
)

var moments = [...]string{"connect", "request", "head", "reply", "close"}

func (m moment) String() string { return moments[m] }

// serve returns the script of a conforming server, except for what the case changes. begin begins the fault.
func (c *faultCase) serve(begin func()) testbed.Script {
	reach := func(now moment) {
		if now == c.from && now != connect {
			begin()
		}
	}
	return func(p *testbed.Peer) {
		if c.upstream && c.from == connect && !c.served() { // the request never comes
			io.Copy(io.Discard, p)
			return
		}
		accept := p.ReadRequest()
		reach(request)
		if c.hangUp == request {
			p.CloseWrite()
			return
		}
		head := strings.ReplaceAll(testbed.SwitchingProtocols, "{accept}", accept) + strings.Repeat("X: "+strings.Repeat("x", 95)+"\r\n", c.moreFields) + "\r\n"
		io.WriteString(p, head[:len(head)/2])
		reach(inHead)
		io.WriteString(p, head[len(head)/2:])
		c.exchange(p, reach)
	}
}

// exchange answers frames until a Close, or until none comes.
func (c *faultCase) exchange(p *testbed.Peer, reach func(moment)) {
	for {
		opcode, payload, err := readShortFrame(p)
		if err != nil {
			return
		}
		if opcode == testbed.OpClose {
			reach(whenClose)
			io.WriteString(p, testbed.Frame(opcode, string(payload)))
			p.CloseWrite()
			return
		}
		reach(inReply)
		switch {
		case c.hangUp == inReply:
			p.CloseWrite()
			return
		case opcode == testbed.OpPing:
			io.WriteString(p, testbed.Frame(testbed.OpPong, string(payload)))
		default:
			io.WriteString(p, testbed.Frame(testbed.OpText, `{"jsonrpc":"2.0","id":1,"result":"`+strings.Repeat("x", c.moreResult)+`"}`))
		}
	}
}

// readShortFrame reads a frame as clients send it, masked, whose payload has less than 126 bytes. Unlike Peer.ReadFrame it
// does not fail the test when none comes: the fault may have swallowed it.
func readShortFrame(r io.Reader) (opcode byte, payload []byte, err error) {
	var head [6]byte // two bytes and the mask
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	payload = make([]byte, head[1]&0x7f)
	if _, err := io.ReadFull(r, payload); err != nil {
		return 0, nil, err
	}
	for i := range payload {
		payload[i] ^= head[2+i%4]
	}
	return head[0] & 0xf, payload, nil
}
