package sockets

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"testing"
	"testing/iotest"

	"wshealthz/internal/testbed"
)

func TestMain(m *testing.M) { testbed.Main(m) }

const header = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"

// tables are as /proc/net/tcp and tcp6 have them, on machines of both byte orders.
var tables = map[binary.ByteOrder]string{
	binary.LittleEndian: header + `   0: 0100007F:22B8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1 1
   1: 00000000:22B9 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 2 1
   2: 0100007F:22B8 0100007F:C000 01 00000000:00000000 00:00000000 00000000  1000        0 3 1
   3: 00000000000000000000000001000000:22BA 00000000000000000000000000000000:0000 0A 00000000:00000000
   4: 00000000000000000000000000000000:22BB 00000000000000000000000000000000:0000 0A 00000000:00000000
  15: 0000000000000000FFFF00000100007F:22BC 00000000000000000000000000000000:0000 0A 00000000:00000000
1000: B80D0120000000000000000001000000:22BD 00000000000000000000000000000000:0000 0A 00000000:00000000
1001: 0100007F:22B8 0100007F:C001 01 00000000:00000000 00:00000000 00000000  1000        0 4 1
1002: 0100007F:C000 0100007F:22B8 01 00000000:00000000 00:00000000 00000000  1000        0 5 1
1003: 0100007F:22B8 0100007F:C002 08 00000000:00000000 00:00000000 00000000  1000        0 6 1
1004: 0100007F:22B8 0100007F:C003 06 00000000:00000000 00:00000000 00000000  1000        0 7 1
1005: 0000000000000000FFFF00000500000A:22BC 0000000000000000FFFF00000600000A:C004 01 00000000:00000000
1006: B80D0120000000000000000001000000:22BD B80D0120000000000000000002000000:C005 01 00000000:00000000
1007: 00000000:22B9 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 8 1
   6: 0100:22B8 x 0A
   7: torn
   8: 0100007F:22B8 0100007F:C0 01
   9: 0100007F:22B8 0100007F:C006
  10: 0100007F:22B8 010000:C006 01
  11: 010000ZZ:22B8 010000ZZ:C006 01
  12: 010000ZZ:22B8 00000000:0000 0A
  13: 0100007F:22B8 0100007F:C006 0`,
	binary.BigEndian: header + `   0: 7F000001:22B8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1 1
   1: 00000000:22B9 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 2 1
   2: 7F000001:22B8 7F000001:C000 01 00000000:00000000 00:00000000 00000000  1000        0 3 1
   3: 00000000000000000000000000000001:22BA 00000000000000000000000000000000:0000 0A 00000000:00000000
   4: 00000000000000000000000000000000:22BB 00000000000000000000000000000000:0000 0A 00000000:00000000
  15: 00000000000000000000FFFF7F000001:22BC 00000000000000000000000000000000:0000 0A 00000000:00000000
1000: 20010DB8000000000000000000000001:22BD 00000000000000000000000000000000:0000 0A 00000000:00000000
1001: 7F000001:22B8 7F000001:C001 01 00000000:00000000 00:00000000 00000000  1000        0 4 1
1002: 7F000001:C000 7F000001:22B8 01 00000000:00000000 00:00000000 00000000  1000        0 5 1
1003: 7F000001:22B8 7F000001:C002 08 00000000:00000000 00:00000000 00000000  1000        0 6 1
1004: 7F000001:22B8 7F000001:C003 06 00000000:00000000 00:00000000 00000000  1000        0 7 1
1005: 00000000000000000000FFFF0A000005:22BC 00000000000000000000FFFF0A000006:C004 01 00000000:00000000
1006: 20010DB8000000000000000000000001:22BD 20010DB8000000000000000000000002:C005 01 00000000:00000000
`,
}

// TestRead: one pass finds who listens on a port and who is connected to it.
func TestRead(t *testing.T) {
	const ours = "127.0.0.1:49152 " // C000
	for order, table := range tables {
		for port, want := range map[uint16]string{
			8888: "listens on [127.0.0.1], connected: " + ours + "127.0.0.1:49153 ",
			8889: "listens on [0.0.0.0], connected: ",
			8890: "listens on [::1], connected: ",
			8891: "listens on [::], connected: ",
			8892: "listens on [127.0.0.1], connected: 10.0.0.6:49156 ",
			8893: "listens on [2001:db8::1], connected: [2001:db8::2]:49157 ",
			1:    "listens on [], connected: ",
		} {
			peers := ""
			c := counter{port: port, order: order, own: func(peer netip.AddrPort) bool {
				peers += peer.String() + " "
				return strings.HasSuffix(peers, ours)
			}}
			if err := c.read(strings.NewReader(table)); err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprintf("listens on %s, connected: %s", c.Listening, peers); got != want {
				t.Errorf("%s: port %d %s, want %s", order, port, got, want)
			}
			if want := len(strings.Fields(strings.ReplaceAll(peers, ours, ""))); c.Connected != want {
				t.Errorf("%s: %d are connected to port %d, want %d", order, c.Connected, port, want)
			}
		}
	}
}

// TestReadError: a table that ends early is not taken for one with few connections.
func TestReadError(t *testing.T) {
	c := counter{port: 8888, order: binary.LittleEndian, own: nobody}
	broken := errors.New("broken")
	if err := c.read(io.MultiReader(strings.NewReader(tables[binary.LittleEndian]), iotest.ErrReader(broken))); err != broken {
		t.Errorf("the error is %v, want %v", err, broken)
	}
}

func nobody(netip.AddrPort) bool { return false }

// TestLocal: which hosts are in this network namespace.
func TestLocal(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST.": true, "a.localhost": true, "127.0.0.1": true, "127.9.9.9": true, "::1": true, "::ffff:127.0.0.1": true,
		"0.0.0.0": true, "::": true, "203.0.113.7": false, "2001:db8::7": false, "example.com": false, "": false,
	} {
		if got := Local(host); got != want {
			t.Errorf("%q is local: %t, want %t", host, got, want)
		}
	}
}

// BenchmarkRead reads the table of a pod with 10,000 connections.
func BenchmarkRead(b *testing.B) {
	table := strings.Repeat("   2: 0100007F:22B8 0100007F:C000 01 00000000:00000000 00:00000000 00000000  1000        0 3 1\n", 10000)
	b.ReportAllocs()
	for b.Loop() {
		c := counter{port: 8888, order: binary.LittleEndian, own: nobody}
		if err := c.read(strings.NewReader(table)); err != nil || c.Connected != 10000 {
			b.Fatal(err, c.Connected)
		}
	}
}
