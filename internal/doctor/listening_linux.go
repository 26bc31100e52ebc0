package doctor

import (
	"encoding/binary"
	"net/netip"
	"os"
	"slices"
)

// listeningOn looks for the listeners of a TCP port in /proc/net/tcp and tcp6, which show the network namespace: in a pod
// the one that all its containers share.
func listeningOn(port uint16) Listening {
	var addresses []netip.Addr
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		file, err := os.Open(table)
		if err != nil {
			continue // no /proc, or no IPv6
		}
		addresses = append(addresses, listenersOn(file, port, nativeOrder())...)
		file.Close()
	}
	switch {
	case len(addresses) == 0:
		return ListeningUnknown
	case slices.ContainsFunc(addresses, func(ip netip.Addr) bool { return !ip.IsLoopback() }):
		return ListeningOutside
	}
	return ListeningLoopback
}

func nativeOrder() binary.ByteOrder {
	if binary.NativeEndian.Uint16([]byte{0, 1}) == 1 {
		return binary.BigEndian
	}
	return binary.LittleEndian
}
