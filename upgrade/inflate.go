package upgrade

import (
	"compress/flate"
	"errors"
	"io"
	"iter"

	"github.com/gobwas/ws"
)

const (
	// maxInflated bounds what is inflated in one exchange, in bytes. More than maxKept of a message is inflated only because
	// the next one may refer to its end.
	maxInflated = 16 << 20
	// maxWindow is how far back a reference may go, in bytes (RFC 7692 section 7.1.2). Like Chromium, we hold no server to less:
	// the window stays, and is this large, whatever server_no_context_takeover and server_max_window_bits say.
	maxWindow = 32 << 10
)

// messageEnd is inflated at the end of each message: the end of the empty block that the sender leaves out (RFC 7692 section
// 7.2.2), and finalBlock, an empty one that tells flate that this is the end.
const (
	messageEnd = "\x00\x00\xff\xff" + finalBlock
	finalBlock = "\x01\x00\x00\xff\xff"
)

var (
	errInflate = errFraming{errors.New("compressed data that does not inflate")}
	errSpent   = errors.New("more than maxInflated")
)

// An inflater inflates the messages of one connection. Their payload comes in pieces with control frames in between, while
// compress/flate expects to read a whole message, so it runs as a coroutine that is suspended until the next piece is there.
type inflater struct {
	keep   func([]byte) // gets what was inflated
	in     []byte       // not yet read by flate
	last   bool         // in is the end of the message
	left   int          // bytes that may still be inflated
	cutOff bool         // the message before ended within a block
	window []byte       // the end of what was inflated
	chunk  [4 << 10]byte

	suspend func(error) bool
	resume  func() (error, bool)
	stop    func()
}

func newInflater(keep func([]byte)) *inflater {
	f := &inflater{keep: keep, left: maxInflated, window: make([]byte, 0, 2*maxWindow)}
	f.resume, f.stop = iter.Pull(f.run)
	return f
}

// write inflates the next piece of a message; last is true for messageEnd. After an error the inflater is of no use.
func (f *inflater) write(piece []byte, last bool) error {
	f.in, f.last = piece, last
	err, _ := f.resume()
	return err
}

// run inflates one message after another, until the inflater is stopped.
func (f *inflater) run(suspend func(error) bool) {
	f.suspend = suspend
	for z := flate.NewReader(f); suspend(f.inflate(z)); {
	}
}

// inflate inflates one message. A message that ends within a block is kept as far as it goes, and the next compressed one
// fails: that is what becomes of it in clients, which use zlib.
func (f *inflater) inflate(z io.Reader) error {
	if !f.more() {
		return nil
	}
	if f.cutOff {
		return errInflate
	}
	z.(flate.Resetter).Reset(f, f.window)
	for {
		n, err := z.Read(f.chunk[:])
		f.remember(f.chunk[:n])
		f.keep(f.chunk[:n])
		if f.left -= n; f.left < 0 {
			return errSpent
		}
		switch {
		case err == nil:
		case err == io.EOF && f.last && len(f.in) == 0:
			return nil
		case err == io.EOF: // the sender's own final block (RFC 7692 section 7.2.3.5); zlib forgets the window then
			f.window = f.window[:0]
			z.(flate.Resetter).Reset(f, nil)
		case f.last && len(f.in) < len(finalBlock): // what is left out was not enough
			f.cutOff = true
			return nil
		default:
			return errInflate
		}
	}
}

// remember appends to the window.
func (f *inflater) remember(b []byte) {
	if len(f.window)+len(b) > cap(f.window) {
		f.window = append(f.window[:0], f.window[len(f.window)-maxWindow:]...)
	}
	f.window = append(f.window, b...)
}

// more waits for more to read and reports whether there is some.
func (f *inflater) more() bool {
	for len(f.in) == 0 {
		if f.last || !f.suspend(nil) {
			return false
		}
	}
	return true
}

// Read is for flate.
func (f *inflater) Read(p []byte) (int, error) {
	if !f.more() {
		return 0, io.EOF
	}
	n := copy(p, f.in)
	f.in = f.in[n:]
	return n, nil
}

// ReadByte is for flate, which reads no further than it must then.
func (f *inflater) ReadByte() (byte, error) {
	if !f.more() {
		return 0, io.EOF
	}
	c := f.in[0]
	f.in = f.in[1:]
	return c, nil
}

// clearCompressed reports whether a frame begins a compressed message, and clears the bit that says so. Elsewhere that bit
// stays and is a violation: on control frames, continuations, and when no compression was agreed on (RFC 7692 section 6.1).
func (r *reader) clearCompressed(header *ws.Header) bool {
	if !r.s.deflate || !header.Rsv1() || header.OpCode != ws.OpText && header.OpCode != ws.OpBinary {
		return false
	}
	header.Rsv = ws.Rsv(false, header.Rsv2(), header.Rsv3())
	return true
}

// take keeps the next piece of a message, inflated if it is compressed.
func (r *reader) take(piece []byte) error {
	if !r.compressed {
		r.keep(piece)
		return nil
	}
	return r.inflate(piece, false)
}

// endMessage inflates what is left of a compressed message.
func (r *reader) endMessage() error {
	if !r.compressed {
		return nil
	}
	return r.inflate([]byte(messageEnd), true)
}

func (r *reader) inflate(piece []byte, last bool) error {
	if r.inflater == nil {
		r.inflater = newInflater(r.keep)
	}
	if r.inflater.left >= 0 {
		if err := r.inflater.write(piece, last); err != errSpent {
			return err
		}
	}
	if r.inflater.left < 0 {
		r.data.unread = len(r.data.payload) < maxKept
	}
	return nil
}

// cutOff reports whether the end of a message was not inflated, so that it says nothing of the end of a character.
func (r *reader) cutOff() bool {
	return r.compressed && (r.data.unread || r.inflater.left < 0 || r.inflater.cutOff)
}

// close ends the inflater's coroutine.
func (r *reader) close() {
	if r.inflater != nil {
		r.inflater.stop()
	}
}
