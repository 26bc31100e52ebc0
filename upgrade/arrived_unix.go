//go:build unix

package upgrade

import (
	"io"
	"net"
	"os"
	"syscall"
)

// readArrived reads what has arrived, and does not wait for more: the error is os.ErrDeadlineExceeded then. It goes through
// Control because every read of the connection fails after the deadline, that of a syscall.RawConn too.
func readArrived(conn *net.TCPConn, p []byte) (n int, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	failed := raw.Control(func(fd uintptr) { n, err = syscall.Read(int(fd), p) })
	switch {
	case failed != nil:
		return 0, failed
	case err == syscall.EAGAIN, err == syscall.EINTR:
		return 0, os.ErrDeadlineExceeded
	case err != nil:
		return 0, os.NewSyscallError("read", err)
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}
