package doctor

import (
	"net/netip"
	"slices"
	"strconv"

	"wshealthz/internal/sockets"
	"wshealthz/upgrade"
)

// Listening tells where a server listens, as far as this network namespace shows. A server that listens on loopback only
// passes a handshake over localhost, and no gateway reaches it. Its text is that of serverListens in JSON.
type Listening string

const (
	ListeningUnknown  Listening = ""         // not known here: no listener is seen, or the target is another machine
	ListeningLoopback Listening = "loopback" // on loopback addresses only: nobody reaches it from outside
	ListeningOutside  Listening = "outside"  // on an address that others reach, or on all addresses
)

// loopbackAdvice is what to do about ListeningLoopback.
var loopbackAdvice = []string{
	"let the server listen on 0.0.0.0 or [::]: only a proxy in the same pod reaches loopback",
	"set WSHEALTHZ_ADDRESS to the pod's own address, so that the probe fails where the gateway does",
}

// Advice returns what to do about it; nothing unless the server listens on loopback only.
func (l Listening) Advice() []string {
	if l == ListeningLoopback {
		return loopbackAdvice
	}
	return nil
}

// ListeningOf returns where the target listens, if it is on this machine.
func ListeningOf(t *upgrade.Target) Listening {
	port, _ := strconv.ParseUint(t.Port(), 10, 16)
	found, _ := sockets.On(uint16(port), func(netip.AddrPort) bool { return false }) // what cannot be seen is unknown
	return ListeningAt(t, found.Listening)
}

// ListeningAt is ListeningOf for the addresses of this network namespace where somebody listens on the target's port.
func ListeningAt(t *upgrade.Target, addresses []netip.Addr) Listening {
	host := t.DialHost()
	ip, err := netip.ParseAddr(host)
	switch {
	case len(addresses) == 0 || !upgrade.IsLocalhost(host) && (err != nil || !ip.IsLoopback()):
		return ListeningUnknown
	case slices.ContainsFunc(addresses, func(ip netip.Addr) bool { return !ip.IsLoopback() }):
		return ListeningOutside
	}
	return ListeningLoopback
}
