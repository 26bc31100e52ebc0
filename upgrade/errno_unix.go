//go:build unix

package upgrade

import (
	"errors"
	"net/netip"
	"syscall"
)

// dialReason returns what an error of socket(2) or connect(2) means.
func dialReason(errno syscall.Errno, addr netip.Addr) Reason {
	switch errno {
	case syscall.ECONNREFUSED, syscall.ECONNRESET:
		return Refused
	case syscall.ETIMEDOUT:
		return DialTimeout
	case syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM:
		return Internal
	case syscall.EADDRNOTAVAIL:
		// No local port is left; for IPv6 it also means that the machine has no source address.
		if addr.Is4() {
			return Internal
		}
	}
	return Unreachable
}

// noDescriptors are the errors when the process, or the system, can open no more files.
var noDescriptors = []syscall.Errno{syscall.EMFILE, syscall.ENFILE}

// isReset reports whether the peer reset the connection, now or before a write.
func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
