//go:build !linux

package testbed

import (
	"net"
	"testing"
)

// Reserve returns a loopback address on which nobody listens, so that connections are refused. A way to keep the port
// bound and still let another process listen on it is not known here: the kernel chose it a moment ago and may give it
// to somebody else.
func Reserve(t testing.TB) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}
