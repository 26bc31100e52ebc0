package upgrade

import (
	"net/netip"
	"syscall"
	"testing"
)

const connectionRefused = wsaECONNREFUSED

// shortenQueue is not known here: a full accept queue answers like a closed port on Windows.
func shortenQueue(t *testing.T, _ syscall.RawConn) {
	t.Skip("no accept queue of one connection on Windows")
}

func TestDialReason(t *testing.T) {
	for errno, want := range map[syscall.Errno]Reason{
		10061: Refused, 10054: Refused, 10060: DialTimeout, 10024: Internal, 10055: Internal, 10048: Internal, 8: Internal,
		10049: Unreachable, 10051: Unreachable, 10065: Unreachable, 10013: Unreachable, 0: Unreachable,
	} {
		if got := dialReason(errno, netip.IPv4Unspecified()); got != want {
			t.Errorf("%d (%v) is %v, want %v", errno, errno, got, want)
		}
	}
}
