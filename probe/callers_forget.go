package probe

import (
	"net/netip"
	"time"
)

// Callers that are told apart, so that the list is bounded whatever comes. One network may hold few of them: one that sends
// another User-Agent each time forgets callers of its own, and not the gateway.
const (
	maxCallers           = 128
	maxCallersPerNetwork = 8
)

// networkOf returns what one machine can choose its addresses from: an IPv4 address, or 64 bits of IPv6 (RFC 4291 section
// 2.5.1).
func networkOf(address netip.Addr) netip.Prefix {
	bits := address.BitLen()
	if address.Is6() {
		bits = 64
	}
	network, _ := address.Prefix(bits)
	return network
}

// makeRoom forgets a caller if one more, of a network, would be too many: one of that network if it has its share, else one
// of all. c.mu is held.
func (c *Callers) makeRoom(network netip.Prefix, now time.Time) {
	var own, all struct {
		count int
		least *Caller
		worth Worth
	}
	for _, caller := range c.callers {
		w := caller.Worth(now)
		if all.count++; all.count == 1 || w.Less(all.worth) {
			all.least, all.worth = caller, w
		}
		if caller.network != network {
			continue
		}
		if own.count++; own.count == 1 || w.Less(own.worth) {
			own.least, own.worth = caller, w
		}
	}
	switch {
	case own.count >= maxCallersPerNetwork:
		delete(c.callers, own.least.key())
	case all.count >= maxCallers:
		delete(c.callers, all.least.key())
	}
}

// A Worth tells which of two callers is forgotten first. Who asked once or has stopped asking goes before who asks
// regularly: of those the longest unseen first, of these the newest. So a gateway that asked for an hour outlives any number
// of strangers.
type Worth struct {
	regular bool
	time    time.Duration // for how long it has been asking; else how long it has been unseen, below zero
}

func (w Worth) Less(other Worth) bool {
	if w.regular != other.regular {
		return other.regular
	}
	return w.time < other.time
}

// Worth returns that of the caller. It asks regularly when it asked at least twice, and last within twice its own interval.
func (c *Caller) Worth(now time.Time) Worth {
	unseen := now.Sub(c.Last)
	if c.Requests > 1 && unseen <= 2*c.Every() {
		return Worth{true, c.Last.Sub(c.First)}
	}
	return Worth{false, -unseen}
}
