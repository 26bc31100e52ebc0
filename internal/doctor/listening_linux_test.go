package doctor

import (
	"net"
	"net/url"
	"testing"

	"wshealthz/upgrade"
)

// TestListeningOf asks the kernel about sockets of this test.
func TestListeningOf(t *testing.T) {
	for address, want := range map[string]Listening{"127.0.0.1:0": ListeningLoopback, "0.0.0.0:0": ListeningOutside} {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		_, port, _ := net.SplitHostPort(listener.Addr().String())
		of := func(host string) Listening {
			return ListeningOf(&upgrade.Target{URL: &url.URL{Scheme: "ws", Host: net.JoinHostPort(host, port)}})
		}
		for host, want := range map[string]Listening{"localhost": want, "127.0.0.1": want, "::1": want, "203.0.113.7": ListeningUnknown, "a.example": ListeningUnknown} {
			if got := of(host); got != want {
				t.Errorf("a listener on %s is %q for %s, want %q", address, got, host, want)
			}
		}
		listener.Close()
		if got := of("localhost"); got != ListeningUnknown {
			t.Errorf("a closed listener is %q", got)
		}
	}
}
