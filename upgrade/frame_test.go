package upgrade

import (
	"context"
	"testing"

	"wshealthz/internal/testbed"
)

// FuzzFrames: no bytes of a server make the reader panic, or keep more than it may.
func FuzzFrames(f *testing.F) {
	f.Add([]byte(text("a") + pong("b") + testbed.CloseFrame(1000, "c")))
	f.Add([]byte("\x82\x7f\x40\x00\x00\x00\x00\x00\x00\x00abc"))
	f.Add([]byte("\x01\x01a\x89\x00\x80\x01b"))
	f.Fuzz(func(t *testing.T, input []byte) {
		s := &session{Prober: new(Prober), rest: input, buf: make([]byte, 0, 16), ctx: context.Background(), conn: goneConn{}}
		for r := newReader(s); ; {
			m, err := r.next()
			if err != nil {
				return
			}
			if len(m.payload) > maxKept || m.op.IsControl() && len(m.payload) > 125 || len(m.payload) > len(input) {
				t.Fatalf("kept %d bytes of %d", len(m.payload), len(input))
			}
		}
	})
}
