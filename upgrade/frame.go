package upgrade

import (
	"errors"
	"io"

	"github.com/gobwas/ws"
)

// maxKept bounds what is kept of a message for matching, in bytes. The rest is read and discarded.
const maxKept = 64 << 10

// send writes one masked frame (RFC 6455 section 5.3). The next read returns what made a write fail.
func (s *session) send(op ws.OpCode, payload []byte) {
	s.trace(true, op, payload)
	s.conn.Write(ws.MustCompileFrame(ws.MaskFrame(ws.NewFrame(op, true, payload))))
}

// Read returns the bytes that were read along with the head first, and then refills the session's buffer whenever it
// is empty: a frame costs one system call however its parts are read.
func (s *session) Read(p []byte) (int, error) {
	if len(s.rest) == 0 {
		n, err := s.readPaced(s.buf[:cap(s.buf)])
		if n == 0 {
			return 0, err
		}
		s.rest = s.buf[:n]
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// A rawMessage is a whole data message, or a control frame.
type rawMessage struct {
	op      ws.OpCode
	payload []byte // the first maxKept bytes
	unread  bool   // compressed, and no longer inflated: payload is not all of that
}

// An errFraming is a violation of the framing rules.
type errFraming struct{ error }

var (
	errNotUTF8    = errFraming{errors.New("text that is not UTF-8")}
	errLongLength = errFraming{errors.New("a length that is not in its shortest form")}
)

// A reader assembles messages from frames.
type reader struct {
	s     *session
	state ws.State
	data  rawMessage // the fragments so far
	text  utf8Checker
	bad   bool // data is text, and not UTF-8
	count int  // bytes of the frame's header so far

	compressed bool // RSV1 is set on data's first frame
	inflater   *inflater
}

// Read reads from the session and counts the bytes.
func (r *reader) Read(p []byte) (int, error) {
	n, err := r.s.Read(p)
	r.count += n
	return n, err
}

// header reads and checks the header of the next frame.
func (r *reader) header() (header ws.Header, compressed bool, err error) {
	r.count = 0
	header, err = ws.ReadHeader(r)
	switch {
	case errors.Is(err, ws.ErrHeaderLengthMSB) || errors.Is(err, ws.ErrHeaderLengthUnexpected):
		return header, false, errFraming{err}
	case err != nil:
		return header, false, err
	}
	compressed = r.clearCompressed(&header)
	if wrong := ws.CheckHeader(header, r.state); wrong != nil {
		return header, false, errFraming{wrong}
	}
	// "the minimal number of bytes MUST be used to encode the length" (RFC 6455 section 5.2)
	if r.count > ws.HeaderSize(header) {
		return header, false, errLongLength
	}
	return header, compressed, nil
}

func newReader(s *session) *reader { return &reader{s: s, state: ws.StateClientSide} }

// next returns the next message. Control frames may come between the fragments of another (RFC 6455 section 5.4).
func (r *reader) next() (rawMessage, error) {
	for {
		header, compressed, err := r.header()
		if err != nil {
			return rawMessage{}, err
		}
		if header.OpCode.IsControl() {
			control := rawMessage{op: header.OpCode, payload: make([]byte, header.Length)}
			if _, err := io.ReadFull(r.s, control.payload); err != nil {
				return rawMessage{}, err
			}
			r.s.trace(false, control.op, control.payload)
			return control, nil
		}
		if header.OpCode != ws.OpContinuation {
			r.data, r.text, r.bad, r.compressed = rawMessage{op: header.OpCode}, utf8Checker{}, false, compressed
		}
		r.state = r.state.Set(ws.StateFragmented)
		if err := r.append(header.Length); err != nil {
			return rawMessage{}, err
		}
		if header.Fin {
			if err := r.endMessage(); err != nil {
				return rawMessage{}, err
			}
			if r.bad {
				return rawMessage{}, errNotUTF8
			}
			r.state = r.state.Clear(ws.StateFragmented)
			if !r.text.complete() && !r.cutOff() {
				return rawMessage{}, errNotUTF8
			}
			r.s.trace(false, r.data.op, r.data.payload)
			return r.data, nil
		}
	}
}

// append reads length bytes of payload. Memory grows with what was received, not with what was announced.
func (r *reader) append(length int64) error {
	var chunk [512]byte
	for length > 0 {
		n, err := r.s.Read(chunk[:min(length, int64(len(chunk)))])
		if err != nil {
			return err
		}
		length -= int64(n)
		if err := r.take(chunk[:n]); err != nil {
			return err
		}
		if r.bad {
			return errNotUTF8
		}
	}
	return nil
}

// keep keeps the next bytes of a message, as far as there is room.
func (r *reader) keep(b []byte) {
	if r.data.op == ws.OpText && !r.text.add(b) {
		r.bad = true
	}
	if room := maxKept - len(r.data.payload); room > 0 {
		r.data.payload = append(r.data.payload, b[:min(len(b), room)]...)
	}
}
