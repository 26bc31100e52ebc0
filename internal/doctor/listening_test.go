package probe

import (
	"net"
	"strings"
	"testing"
)

// TestListeners reads tables as /proc/net/tcp and tcp6 have them.
func TestListeners(t *testing.T) {
	const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:22B8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1 1
   1: 00000000:22B9 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 2 1
   2: 0100007F:22B8 0100007F:C000 01 00000000:00000000 00:00000000 00000000  1000        0 3 1
   3: 00000000000000000000000001000000:22BA 00000000000000000000000000000000:0000 0A 00000000:00000000
   4: 00000000000000000000000000000000:22BB 00000000000000000000000000000000:0000 0A 00000000:00000000
   5: 0000000000000000FFFF00000100007F:22BC 00000000000000000000000000000000:0000 0A 00000000:00000000
   6: 0100:22B8 x 0A
   7: torn
`
	for port, want := range map[uint16]string{8888: "127.0.0.1", 8889: "0.0.0.0", 8890: "::1", 8891: "::", 8892: "127.0.0.1", 1: ""} {
		got := ""
		for _, ip := range listeners(strings.NewReader(table), port) {
			got += ip.String()
		}
		if got != want {
			t.Errorf("port %d listens on %q, want %q", port, got, want)
		}
	}
}

// TestListensOn asks the kernel about sockets of this test.
func TestListensOn(t *testing.T) {
	for address, want := range map[string]Listens{"127.0.0.1:0": ListensLoopback, "0.0.0.0:0": ListensOutside} {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		port := uint16(listener.Addr().(*net.TCPAddr).Port)
		if got := ListensOn(port); got != want {
			t.Errorf("a listener on %s is %q, want %q", address, got, want)
		}
		listener.Close()
		if got := ListensOn(port); got != ListensUnknown {
			t.Errorf("a closed listener is %q", got)
		}
	}
}
