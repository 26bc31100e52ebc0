package command

import (
	"net/netip"
	"strconv"

	"wshealthz/internal/sockets"
	"wshealthz/probe"
)

// maxReadings bounds how often the sockets are read for one view, because a connection was just being made. It takes
// microseconds, unless the server does not answer: then there is no connection to be mistaken for a user's.
const maxReadings = 2

// serverView returns what can be seen of the server without asking it.
func (s *sidecar) serverView() probe.ServerView {
	if !sockets.Local(s.Target.DialHost()) {
		return probe.ServerView{}
	}
	port, _ := strconv.ParseUint(s.Target.Port(), 10, 16)
	var found sockets.Sockets
	var err error
	for reading, sure := 0, false; !sure && reading < maxReadings; reading++ {
		sure = s.prober.WithOwn(func(isOwn func(netip.AddrPort) bool) {
			found, err = sockets.On(uint16(port), isOwn)
		})
	}
	if err != nil {
		return probe.ServerView{}
	}
	return probe.ServerView{Known: true, Listening: len(found.Listening) > 0, Connected: found.Connected}
}
