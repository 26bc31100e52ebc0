//go:build unix

package upgrade

import (
	"os"
	"syscall"
	"testing"
	"time"

	"wshealthz/internal/testbed"
)

// limitDescriptors sets the descriptor limit until the test ends. Tests that call it are not parallel.
func limitDescriptors(t *testing.T, limit uint64) {
	t.Helper()
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before) })
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: limit, Max: before.Max}); err != nil {
		t.Fatal(err)
	}
}

func TestClosingLimit(t *testing.T) {
	for descriptors, want := range map[uint64]int{0: 1, 15: 1, 16: 2, 32: 4, 511: 63, 512: maxClosing, 4096: maxClosing} {
		limitDescriptors(t, descriptors)
		if got := closingLimit(); got != want {
			t.Errorf("%d descriptors allow %d closing connections, want %d", descriptors, got, want)
		}
	}
}

// TestDialTakesTheDescriptorOfTheOldest: without a free descriptor, the connection that has been closing for longest ends.
func TestDialTakesTheDescriptorOfTheOldest(t *testing.T) {
	p := newProber(t, testbed.Listen(t).Addr().String()) // accepts in the kernel, never answers
	results := make(chan CloseResult, 3)
	p.Closed = func(_ Verdict, result CloseResult) { results <- result }
	dial := func() *session {
		s := newSession(t.Context(), p)
		if f := s.dial(); f != nil {
			t.Fatal(f.detail)
		}
		s.stopWatch()
		return s
	}
	p.startClose(dial(), Verdict{At: time.Now().Add(testbed.Patience)})
	p.startClose(dial(), Verdict{At: time.Now().Add(testbed.Patience)})
	limitDescriptors(t, uint64(descriptors(t)+16))
	for { // until none is free
		file, err := os.Open(os.DevNull)
		if err != nil {
			break
		}
		defer file.Close()
	}

	s := dial()
	if result := <-results; result.Outcome != OutOfTime {
		t.Errorf("closed: %+v, want it out of time", result)
	}
	if open := p.OpenConnections(); open != 2 {
		t.Errorf("%d connections are open, want the new one and the younger", open)
	}
	p.startClose(s, Verdict{At: time.Now()})
	for p.closing.freeOldest(t.Context(), false) {
	}
}
