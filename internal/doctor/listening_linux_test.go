package doctor

import (
	"net"
	"testing"
)

// TestListeningOn asks the kernel about sockets of this test.
func TestListeningOn(t *testing.T) {
	for address, want := range map[string]Listening{"127.0.0.1:0": ListeningLoopback, "0.0.0.0:0": ListeningOutside} {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		port := uint16(listener.Addr().(*net.TCPAddr).Port)
		if got := listeningOn(port); got != want {
			t.Errorf("a listener on %s is %q, want %q", address, got, want)
		}
		listener.Close()
		if got := listeningOn(port); got != ListeningUnknown {
			t.Errorf("a closed listener is %q", got)
		}
	}
}
