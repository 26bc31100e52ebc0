package doctor

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"io"
	"net/netip"
	"strconv"

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
	host := t.DialHost()
	address, err := netip.ParseAddr(host)
	port, _ := strconv.ParseUint(t.Port(), 10, 16)
	if upgrade.IsLocalhost(host) || err == nil && address.IsLoopback() {
		return listeningOn(uint16(port))
	}
	return ListeningUnknown
}

// tcpListen is the state of a listening socket in /proc/net/tcp (include/net/tcp_states.h).
const tcpListen = "0A"

// listenersOn reads a table as /proc/net/tcp has it (proc_net(5)) and returns the addresses that listen on a port. order is
// the machine's: an address stands there as hex words in it.
//
// Read line by line, not with procfs.NetTCP: that allocates 7.2 MB for a pod with 10,000 connections, for every view of the
// page, and takes the machine for a little-endian one.
func listenersOn(table io.Reader, port uint16, order binary.ByteOrder) (addresses []netip.Addr) {
	for lines := bufio.NewScanner(table); lines.Scan(); {
		_, line, _ := bytes.Cut(lines.Bytes(), []byte(": ")) // the number of the line
		local, rest, _ := bytes.Cut(line, []byte(" "))
		_, rest, _ = bytes.Cut(rest, []byte(" ")) // the remote address
		state, _, _ := bytes.Cut(rest, []byte(" "))
		address, digits, _ := bytes.Cut(local, []byte(":"))
		if string(state) != tcpListen {
			continue
		}
		if n, err := strconv.ParseUint(string(digits), 16, 16); err != nil || uint16(n) != port {
			continue
		}
		if ip, ok := parseProcAddress(address, order); ok {
			addresses = append(addresses, ip)
		}
	}
	return addresses
}

// parseProcAddress parses an address of four or sixteen bytes, as 32-bit words in hex.
func parseProcAddress(text []byte, order binary.ByteOrder) (netip.Addr, bool) {
	raw := make([]byte, hex.DecodedLen(len(text)))
	if _, err := hex.Decode(raw, text); err != nil || len(raw)%4 != 0 {
		return netip.Addr{}, false
	}
	for i := 0; i < len(raw); i += 4 {
		order.PutUint32(raw[i:], binary.BigEndian.Uint32(raw[i:]))
	}
	ip, ok := netip.AddrFromSlice(raw)
	return ip.Unmap(), ok
}
