package upgrade

import (
	"net"
	"net/netip"
	"sync"
)

// own knows our connections to the server by their local ends, so that they can be told from those of users.
type own struct {
	mu      sync.Mutex
	open    map[netip.AddrPort]int      // connections to several addresses of a server may share a local end
	dialing int                         // dials under way: the kernel may have connected one whose local end is not known yet
	readers int                         // calls of WithOwn under way
	closed  map[netip.AddrPort]struct{} // since the first of them began; a reader may have met them while they were open
}

// WithOwn calls read with a function that reports whether an endpoint is the local end of a connection to the server: of one
// that is open, under way or being closed, or was when read began. It is for a table of the kernel's, whose rows are older
// than the question. sure is false when the answer to some question was no only as far as is known, because a connection was
// just being made; then read may be called again.
func (p *Prober) WithOwn(read func(isOwn func(local netip.AddrPort) bool)) (sure bool) {
	o := &p.own
	o.mu.Lock()
	o.readers++
	o.mu.Unlock()
	defer o.endRead()
	sure = true
	read(func(local netip.AddrPort) bool {
		o.mu.Lock()
		defer o.mu.Unlock()
		_, closed := o.closed[local]
		if closed || o.open[local] > 0 {
			return true
		}
		sure = sure && o.dialing == 0
		return false
	})
	return sure
}

func (o *own) endRead() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.readers--; o.readers == 0 {
		o.closed = nil
	}
}

// dialed takes the result of a dial, which begin announced: a connection, or nil for none.
func (o *own) dialed(conn net.Conn) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.dialing--
	if conn == nil {
		return
	}
	if o.open == nil {
		o.open = map[netip.AddrPort]int{}
	}
	o.open[localEnd(conn)]++
}

// begin announces a dial.
func (o *own) begin() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.dialing++
}

// remove takes a connection that is closed.
func (o *own) remove(conn net.Conn) {
	local := localEnd(conn)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.open[local]--; o.open[local] == 0 {
		delete(o.open, local)
	}
	if o.readers == 0 {
		return
	}
	if o.closed == nil {
		o.closed = map[netip.AddrPort]struct{}{}
	}
	o.closed[local] = struct{}{}
}

// localEnd returns the local end of a TCP connection as the kernel's tables have it: without a zone.
func localEnd(conn net.Conn) netip.AddrPort {
	end := conn.LocalAddr().(*net.TCPAddr).AddrPort()
	return netip.AddrPortFrom(end.Addr().Unmap().WithZone(""), end.Port())
}
