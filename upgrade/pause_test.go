package upgrade

import (
	"context"
	"testing"
	"time"

	"wshealthz/internal/testbed"
)

// overdue returns a session that is connected and whose deadline has just passed.
func overdue(ctx context.Context, t *testing.T, p *Prober) *session {
	t.Helper()
	s := newSession(ctx, p)
	if f := s.dial(); f != nil {
		t.Fatal(f.detail)
	}
	s.stopWatch()
	s.deadline = time.Now()
	s.tcp.SetDeadline(time.Unix(1, 0))
	t.Cleanup(func() { s.tcp.Close() })
	return s
}

// TestLateBytes: what has arrived is read after the deadline, but no flood without an end.
func TestLateBytes(t *testing.T) {
	t.Parallel()
	address, _ := testbed.Serve(t, "tcp4", func(p *testbed.Peer) { flood(p, "flood") })
	s := overdue(t.Context(), t, newProber(t, address))
	s.resumed = true
	buf, total := make([]byte, 4<<10), 0
	testbed.Until(t, "what was sent is read", func() bool {
		n, err := s.conn.Read(buf)
		total += n
		if n == 0 && !isTimeout(err) {
			t.Fatal(err)
		}
		return total >= maxLate
	})
	if n, err := s.conn.Read(buf); n > 0 || !isTimeout(err) {
		t.Errorf("%d bytes and %v after %d bytes, want a timeout", n, err, total)
	}
}

// TestLateEnd: the end of the connection counts too.
func TestLateEnd(t *testing.T) {
	t.Parallel()
	address, _ := testbed.Serve(t, "tcp4", func(p *testbed.Peer) { p.CloseWrite() })
	s := overdue(t.Context(), t, newProber(t, address))
	s.resumed = true
	testbed.Until(t, "the end is read", func() bool {
		_, err := s.conn.Read(make([]byte, 1))
		return !isTimeout(err)
	})
}

// TestResume: there is time to go on once, and only after a pause.
func TestResume(t *testing.T) {
	t.Parallel()
	p := newProber(t, testbed.Listen(t).Addr().String())
	if s := overdue(t.Context(), t, p); s.resume(time.Now().Add(testbed.Patience)) {
		t.Error("resumed before the deadline")
	}
	s := overdue(t.Context(), t, p)
	if pausedAt := time.Now().Add(-lateTimer); !s.resume(pausedAt) || s.resume(pausedAt) {
		t.Error("want time to go on after a pause, once")
	}
	if _, err := s.conn.Write([]byte("x")); err != nil {
		t.Errorf("writing after a pause: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s = overdue(ctx, t, p)
	cancel()
	if s.resume(time.Now().Add(-lateTimer)) {
		t.Error("resumed after it was canceled")
	}
}
