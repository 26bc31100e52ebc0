//go:build !linux

package sockets

import (
	"errors"
	"net/netip"
)

// errUnknown says that this system does not show the sockets of other processes.
var errUnknown = errors.New("only Linux shows every socket of the network namespace to an unprivileged process")

// On is not known here. The error says so.
func On(uint16, func(netip.AddrPort) bool) (Sockets, error) { return Sockets{}, errUnknown }
