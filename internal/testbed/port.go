package testbed

import (
	"net"
	"testing"
)

// Listen returns a TCP listener on a loopback port of the kernel's choice. It is closed when the test ends.
func Listen(t testing.TB) net.Listener {
	t.Helper()
	return listen(t, "tcp4", "127.0.0.1:0")
}

func listen(t testing.TB, network, address string) net.Listener {
	t.Helper()
	listener, err := net.Listen(network, address)
	if err != nil && network == "tcp6" {
		t.Skipf("SKIPPED: IPv6 loopback cannot be used on this machine: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener
}
