package probe

import (
	"bufio"
	"encoding/hex"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Listens says where a server listens, as far as this network namespace knows. One that listens on loopback alone passes
// a handshake over localhost, and no gateway reaches it.
type Listens string

const (
	ListensUnknown  Listens = ""         // no listener is seen here, or the target is another machine
	ListensLoopback Listens = "loopback" // on loopback addresses alone: nobody from outside reaches it
	ListensOutside  Listens = "outside"  // on an address that others reach, or on all
)

// ListensOn looks for the listeners of a TCP port in /proc/net/tcp and /proc/net/tcp6 (proc(5)), which show the network
// namespace: in a pod that of all its containers.
func ListensOn(port uint16) Listens {
	var where []net.IP
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		file, err := os.Open(table)
		if err != nil {
			continue // no /proc, or no IPv6
		}
		where = append(where, listeners(file, port)...)
		file.Close()
	}
	switch {
	case len(where) == 0:
		return ListensUnknown
	case slices.ContainsFunc(where, func(ip net.IP) bool { return !ip.IsLoopback() }):
		return ListensOutside
	}
	return ListensLoopback
}

// listeners are the addresses of the sockets that listen on a port, of a table as /proc/net/tcp has it: the local address
// in hex, its words in the machine's order, and state 0A for LISTEN.
func listeners(table io.Reader, port uint16) (where []net.IP) {
	lines := bufio.NewScanner(table)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) < 4 || words[3] != "0A" {
			continue
		}
		address, digits, _ := strings.Cut(words[1], ":")
		if n, err := strconv.ParseUint(digits, 16, 16); err != nil || uint16(n) != port {
			continue
		}
		ip, err := hex.DecodeString(address)
		if err != nil || len(ip)%4 != 0 {
			continue
		}
		for word := range slices.Chunk(ip, 4) {
			slices.Reverse(word) // little-endian, as on every machine that this program is built for
		}
		where = append(where, ip)
	}
	return where
}
