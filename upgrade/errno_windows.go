package upgrade

import (
	"errors"
	"net/netip"
	"syscall"
)

// These are the numbers of Winsock ("Windows Sockets Error Codes"). ECONNREFUSED and the like of package syscall are
// invented on Windows: no call returns them.
const (
	wsaNotEnoughMemory syscall.Errno = 8
	wsaEMFILE          syscall.Errno = 10024
	wsaEADDRINUSE      syscall.Errno = 10048
	wsaENOBUFS         syscall.Errno = 10055
	wsaETIMEDOUT       syscall.Errno = 10060
	wsaECONNREFUSED    syscall.Errno = 10061
)

// dialReason returns what an error of WSASocket, bind or ConnectEx means. WSAEADDRNOTAVAIL is Unreachable here: it is
// about the server's address (0.0.0.0). When no local port is left, bind returns WSAEADDRINUSE or WSAENOBUFS.
func dialReason(errno syscall.Errno, _ netip.Addr) Reason {
	switch errno {
	case wsaECONNREFUSED, syscall.WSAECONNRESET:
		return Refused
	case wsaETIMEDOUT:
		return DialTimeout
	case wsaEMFILE, wsaENOBUFS, wsaEADDRINUSE, wsaNotEnoughMemory:
		return Internal
	}
	return Unreachable
}

// noDescriptors are the errors when no more sockets can be opened.
var noDescriptors = []syscall.Errno{wsaEMFILE, wsaENOBUFS}

// isReset reports whether the peer reset the connection, now or before a write.
func isReset(err error) bool {
	return errors.Is(err, syscall.WSAECONNRESET) || errors.Is(err, syscall.WSAECONNABORTED) ||
		errors.Is(err, syscall.ERROR_NETNAME_DELETED)
}
