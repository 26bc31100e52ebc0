//go:build unix

package upgrade

import (
	"context"
	"net/netip"
	"strings"
	"syscall"
	"testing"
)

const connectionRefused = syscall.ECONNREFUSED

// shortenQueue makes the accept queue of a listener that listens already as short as the system has it.
func shortenQueue(t *testing.T, listener syscall.RawConn) {
	t.Helper()
	listener.Control(func(fd uintptr) {
		if err := syscall.Listen(int(fd), 1); err != nil {
			t.Error(err)
		}
	})
}

func TestDialReason(t *testing.T) {
	for _, c := range []struct {
		errno syscall.Errno
		addr  string
		want  Reason
	}{
		{syscall.ECONNREFUSED, "127.0.0.1", Refused}, {syscall.ECONNRESET, "127.0.0.1", Refused},
		{syscall.ETIMEDOUT, "127.0.0.1", DialTimeout},
		{syscall.EMFILE, "127.0.0.1", Internal}, {syscall.ENFILE, "127.0.0.1", Internal},
		{syscall.ENOBUFS, "127.0.0.1", Internal}, {syscall.ENOMEM, "127.0.0.1", Internal},
		{syscall.EADDRNOTAVAIL, "127.0.0.1", Internal}, {syscall.EADDRNOTAVAIL, "::1", Unreachable},
		{syscall.EHOSTUNREACH, "127.0.0.1", Unreachable}, {syscall.EACCES, "::1", Unreachable}, {0, "::1", Unreachable},
	} {
		if got := dialReason(c.errno, netip.MustParseAddr(c.addr)); got != c.want {
			t.Errorf("%v to %s is %v, want %v", c.errno, c.addr, got, c.want)
		}
	}
}

// TestNoDescriptors is not parallel: for its time the process may open nothing.
func TestNoDescriptors(t *testing.T) {
	p := newProber(t, refusing(t))
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	defer syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 0, Max: limit.Max}); err != nil {
		t.Fatal(err)
	}
	if verdict := p.Probe(context.Background()); verdict.Reason != Internal || !strings.Contains(verdict.Detail, "too many open files") {
		t.Errorf("%v, want internal", verdict)
	}
}
