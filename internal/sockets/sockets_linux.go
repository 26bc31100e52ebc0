package sockets

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"net/netip"
	"os"
)

// On returns the sockets that serve a TCP port, without the connections whose peer is one of our own. The error is that of a
// table that cannot be read; then the sockets may be too few.
func On(port uint16, own func(peer netip.AddrPort) bool) (Sockets, error) {
	c := counter{port: port, order: nativeOrder(), own: own}
	err := c.readFile("/proc/net/tcp")
	err6 := c.readFile("/proc/net/tcp6")
	if err == nil && errors.Is(err6, fs.ErrNotExist) {
		err6 = nil // no IPv6
	}
	return c.Sockets, errors.Join(err, err6)
}

func (c *counter) readFile(name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	return c.read(file)
}

func nativeOrder() binary.ByteOrder {
	if binary.NativeEndian.Uint16([]byte{0, 1}) == 1 {
		return binary.BigEndian
	}
	return binary.LittleEndian
}
