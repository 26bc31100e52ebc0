package sockets

import (
	"net"
	"net/netip"
	"testing"

	"wshealthz/internal/testbed"
)

// TestOn asks the kernel about sockets of this test.
func TestOn(t *testing.T) {
	for _, c := range []struct{ listen, dial string }{
		{"127.0.0.1:0", "127.0.0.1"}, {"[::1]:0", "::1"}, {"[::]:0", "::1"}, {"[::]:0", "127.0.0.1"}, // the last is IPv4-mapped
	} {
		t.Run(c.listen+" "+c.dial, func(t *testing.T) { testOn(t, c.listen, c.dial) })
	}
}

func testOn(t *testing.T, address, dialHost string) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Skip(err) // no IPv6
	}
	defer listener.Close()
	at := listener.Addr().(*net.TCPAddr).AddrPort()
	expect := func(when string, listening, connected int, own func(netip.AddrPort) bool) {
		t.Helper()
		testbed.Until(t, when, func() bool { // the kernel ends a connection after its close has returned
			got, err := On(at.Port(), own)
			if err != nil {
				t.Fatal(err)
			}
			return len(got.Listening) == listening && got.Connected == connected
		})
	}
	expect("a listener is seen", 1, 0, nobody)
	if got, _ := On(at.Port(), nobody); got.Listening[0] != at.Addr() {
		t.Errorf("the listener is on %s, want %s", got.Listening[0], at.Addr())
	}
	ours, theirs := connect(t, listener, dialHost), connect(t, listener, dialHost)
	isOurs := func(peer netip.AddrPort) bool { return peer == ours.client.LocalAddr().(*net.TCPAddr).AddrPort() }
	expect("both connections count", 1, 2, nobody)
	expect("ours is left out", 1, 1, isOurs)
	theirs.client.CloseWrite()
	expect("a half-closed one does not count", 1, 1, nobody)
	expect("and ours is left out", 1, 0, isOurs)
	listener.Close()
	expect("a connection outlives the listener", 0, 1, nobody)
	ours.server.Close()
	expect("nothing is left", 0, 0, nobody)
}

// A pair is both ends of a connection.
type pair struct{ client, server *net.TCPConn }

func connect(t *testing.T, listener net.Listener, host string) pair {
	t.Helper()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	client, err := net.Dial("tcp", net.JoinHostPort(host, port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	server, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return pair{client.(*net.TCPConn), server.(*net.TCPConn)}
}

// TestLocalInterface: each address of an interface is in this network namespace.
func TestLocalInterface(t *testing.T) {
	addresses, err := net.InterfaceAddrs()
	if err != nil || len(addresses) == 0 {
		t.Skip(addresses, err)
	}
	for _, address := range addresses {
		if ip := address.(*net.IPNet).IP.String(); !Local(ip) {
			t.Errorf("%s is not local", ip)
		}
	}
}
