package upgrade

import "fmt"

// A stream is what was received and is not yet cut into packets.
type stream struct {
	bytes    []byte
	searched int // of bytes: they hold no whole packet
}

// judgeStream judges the packets that a message completes.
func (x *exchange) judgeStream(payload []byte) (done bool, f *fault) {
	in := &x.stream
	in.bytes = append(in.bytes, payload...)
	for len(in.bytes) > 0 {
		packet, rest := x.d.Cut(in.bytes, in.searched)
		if packet == nil {
			in.searched = len(in.bytes)
			break
		}
		in.bytes, in.searched = rest, 0
		if done, f = x.judgePacket(packet); done || f != nil {
			return done, f
		}
	}
	if len(in.bytes) > maxKept {
		*in = stream{} // no packet that matters is that long
	}
	return false, nil
}

func (x *exchange) judgePacket(packet []byte) (done bool, f *fault) {
	switch d := x.d; {
	case d.Refused != nil && d.Refused(packet):
		return false, &fault{reason: RefusedByProtocol, detail: fmt.Sprintf("%s from %s, want %s", x.s.quote(packet), &x.s.Target, d.Want)}
	case !x.sent:
		if d.After(packet) {
			x.sendFirst()
		}
	case d.Expect == nil && d.Healthy != nil:
		return d.Healthy(packet), nil
	}
	return false, nil
}
