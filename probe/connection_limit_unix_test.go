//go:build !windows

package probe

import (
	"syscall"
	"testing"
)

// TestConnectionLimit: it follows the descriptor limit.
func TestConnectionLimit(t *testing.T) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	defer syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
	for files, want := range map[uint64]int{0: 1, 100: 25, min(limit.Cur, 4096): maxConnections} {
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: files, Max: limit.Max}); err != nil {
			t.Fatal(err)
		}
		if got := connectionLimit(maxConnections, 4); got != want {
			t.Errorf("%d descriptors allow %d connections, want %d", files, got, want)
		}
	}
}
