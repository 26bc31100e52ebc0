//go:build linux && !race

package probe

import (
	"syscall"
	"unsafe"
)

// Read and write on a socket that never blocks, past the scheduler: to prepare it for a call that may block, and to wake its
// monitor after an idle moment, costs more than the call. The race detector does not see such a call, and so no order between
// what is written and what is read.

func readNow(fd uintptr, p []byte) (int, error) { return callNow(syscall.SYS_READ, fd, p) }

func writeNow(fd uintptr, p []byte) (int, error) { return callNow(syscall.SYS_WRITE, fd, p) }

func callNow(call, fd uintptr, p []byte) (int, error) {
	n, _, errno := syscall.RawSyscall(call, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
