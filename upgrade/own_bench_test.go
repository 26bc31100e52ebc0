package upgrade

import (
	"net"
	"testing"

	"wshealthz/internal/testbed"
)

// BenchmarkOwn measures what a probe spends on being known as ours.
func BenchmarkOwn(b *testing.B) {
	listener := testbed.Listen(b)
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	o := new(own)
	b.ReportAllocs()
	for b.Loop() {
		o.begin()
		o.dialed(conn)
		o.remove(conn)
	}
}
