package upgrade

import (
	"net/netip"
	"testing"

	"wshealthz/internal/testbed"
)

// isOwn asks once about an endpoint.
func isOwn(p *Prober, local netip.AddrPort) (own, sure bool) {
	sure = p.WithOwn(func(isOwn func(netip.AddrPort) bool) { own = isOwn(local) })
	return own, sure
}

// TestWithOwn: a connection is ours from the dial to the end of its close, and for who began to read before that.
func TestWithOwn(t *testing.T) {
	peers, release := make(chan netip.AddrPort), make(chan struct{})
	address, _ := testbed.Serve(t, "tcp4", func(p *testbed.Peer) {
		p.ReadRequest()
		peers <- netip.MustParseAddrPort(p.Conn.RemoteAddr().String())
		<-release
		p.Answer("HTTP/1.1 404 Not Found\r\n\r\n")
	})
	p := newProber(t, address)
	go p.Probe(t.Context())
	peer := <-peers
	if own, _ := isOwn(p, peer); !own {
		t.Error("the connection of a probe is not ours")
	}
	if own, sure := isOwn(p, netip.MustParseAddrPort(address)); own || !sure {
		t.Errorf("the server's end is ours: %t, sure: %t; want false, true", own, sure)
	}
	p.WithOwn(func(isOwn func(netip.AddrPort) bool) {
		close(release)
		testbed.Until(t, "the connection is closed", func() bool { return p.OpenConnections() == 0 })
		if !isOwn(peer) {
			t.Error("a connection that was open when the reading began is not ours")
		}
	})
	if own, sure := isOwn(p, peer); own || !sure {
		t.Errorf("a closed connection is ours: %t, sure: %t; want false, true", own, sure)
	}
	if len(p.own.open)+len(p.own.closed)+p.own.readers+p.own.dialing > 0 {
		t.Errorf("%+v is left", &p.own)
	}
}

// TestWithOwnDuringDial: as long as the local end of a connection is not known, "not ours" is not sure.
func TestWithOwnDuringDial(t *testing.T) {
	p := newProber(t, testbed.Reserve(t))
	local := netip.MustParseAddrPort("127.0.0.1:1")
	p.own.begin()
	if own, sure := isOwn(p, local); own || sure {
		t.Errorf("during a dial an endpoint is ours: %t, sure: %t; want false, false", own, sure)
	}
	p.own.dialed(nil)
	if own, sure := isOwn(p, local); own || !sure {
		t.Errorf("after a dial that failed an endpoint is ours: %t, sure: %t; want false, true", own, sure)
	}
	if v := p.Probe(t.Context()); v.Reason != Refused || p.own.dialing > 0 {
		t.Errorf("%d dials are under way after %s", p.own.dialing, v)
	}
}
