// Package sockets reads from the kernel's tables which TCP sockets serve a port: where somebody listens, and how many are
// connected. The tables show the network namespace, in a pod the one that all its containers share, to everybody.
package sockets

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"math/bits"
	"net"
	"net/netip"
	"slices"
	"strconv"

	"wshealthz/upgrade"
)

// Sockets are those that serve a port.
type Sockets struct {
	Listening []netip.Addr // where somebody listens, each address once, IPv4-mapped ones as IPv4
	Connected int          // connections that are established, by their server's side
}

// The states of a socket that count (include/net/tcp_states.h). A connection that either side has half-closed is in others.
const (
	established = "01"
	listen      = "0A"
)

// A counter reads tables for one port.
type counter struct {
	Sockets
	port  uint16
	order binary.ByteOrder          // the machine's: an address stands in a table as hex words in it
	own   func(netip.AddrPort) bool // reports whether the peer of a connection is not to be counted
}

// read reads a table as /proc/net/tcp has it (proc_net(5)). Lines that are no sockets are passed over.
//
// Read line by line, not with procfs.NetTCP: that allocates 7.2 MB for a pod with 10,000 connections, for every view of the
// page, and takes the machine for a little-endian one.
func (c *counter) read(table io.Reader) error {
	lines := bufio.NewScanner(table)
	for lines.Scan() {
		_, line, _ := bytes.Cut(lines.Bytes(), []byte(": ")) // the number of the line
		local, rest, _ := bytes.Cut(line, []byte(" "))
		remote, rest, _ := bytes.Cut(rest, []byte(" "))
		state, _, _ := bytes.Cut(rest, []byte(" "))
		address, digits, _ := bytes.Cut(local, []byte(":"))
		if port, ok := parsePort(digits); !ok || port != c.port {
			continue
		}
		switch string(state) {
		case listen:
			if ip, ok := parseAddress(address, c.order); ok && !slices.Contains(c.Listening, ip) {
				c.Listening = append(c.Listening, ip)
			}
		case established:
			if peer, ok := parseEndpoint(remote, c.order); ok && !c.own(peer) {
				c.Connected++
			}
		}
	}
	return lines.Err()
}

func parseEndpoint(text []byte, order binary.ByteOrder) (endpoint netip.AddrPort, ok bool) {
	address, digits, _ := bytes.Cut(text, []byte(":"))
	port, okPort := parsePort(digits)
	ip, okAddress := parseAddress(address, order)
	return netip.AddrPortFrom(ip, port), okPort && okAddress
}

func parsePort(digits []byte) (port uint16, ok bool) {
	n, err := strconv.ParseUint(string(digits), 16, 16)
	return uint16(n), err == nil && len(digits) == 4
}

// parseAddress parses an address of four or sixteen bytes, as 32-bit words in hex.
func parseAddress(text []byte, order binary.ByteOrder) (netip.Addr, bool) {
	const digits = 8 // of a word
	var raw [16]byte
	if len(text)%digits != 0 || len(text) > 2*len(raw) {
		return netip.Addr{}, false
	}
	n := len(text) / 2
	for i := 0; i < n; i += 4 {
		word, err := strconv.ParseUint(string(text[2*i:2*i+digits]), 16, 32)
		if err != nil {
			return netip.Addr{}, false
		}
		if order == binary.LittleEndian {
			word = uint64(bits.ReverseBytes32(uint32(word)))
		}
		binary.BigEndian.PutUint32(raw[i:], uint32(word))
	}
	ip, ok := netip.AddrFromSlice(raw[:n])
	return ip.Unmap(), ok
}

// Local reports whether the sockets of a server at host, a name or an address, are among those that On reads: host is
// loopback, or an address of this network namespace. Names other than localhost are not looked up.
func Local(host string) bool {
	if upgrade.IsLocalhost(host) {
		return true
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	ip = ip.Unmap().WithZone("")
	return ip.IsLoopback() || ip.IsUnspecified() || isOfInterface(ip) // the kernel takes an unspecified one for loopback
}

func isOfInterface(ip netip.Addr) bool {
	addresses, err := net.InterfaceAddrs()
	return err == nil && slices.ContainsFunc(addresses, func(a net.Addr) bool {
		prefix, ok := a.(*net.IPNet)
		if !ok {
			return false
		}
		address, ok := netip.AddrFromSlice(prefix.IP)
		return ok && address.Unmap() == ip
	})
}
