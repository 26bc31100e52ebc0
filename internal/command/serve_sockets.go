package command

import (
	"net/netip"
	"strconv"

	"wshealthz/internal/doctor"
	"wshealthz/internal/sockets"
	"wshealthz/probe"
	"wshealthz/probe/admin"
)

// maxReadings bounds how often the sockets are read for one view, because a connection was just being made. It takes
// microseconds, unless the server does not answer: then there is no connection to be mistaken for a user's.
const maxReadings = 2

// readSockets returns the server's sockets, without our own connections. known reports whether they could be seen.
func (s *sidecar) readSockets() (found sockets.Sockets, known bool) {
	if !sockets.Local(s.Target.DialHost()) {
		return found, false
	}
	port, _ := strconv.ParseUint(s.Target.Port(), 10, 16)
	var err error
	for reading, sure := 0, false; !sure && reading < maxReadings; reading++ {
		sure = s.prober.WithOwn(func(isOwn func(netip.AddrPort) bool) {
			found, err = sockets.On(uint16(port), isOwn)
		})
	}
	return found, err == nil
}

// serverView returns what can be seen of the server without asking it.
func (s *sidecar) serverView() probe.ServerView {
	found, known := s.readSockets()
	if !known {
		return probe.ServerView{}
	}
	return probe.ServerView{Known: true, Listening: len(found.Listening) > 0, Connected: found.Connected}
}

// serverSockets returns what the admin listener shows of the same. Where nobody listens and nobody is connected, the port may be
// redirected to a server elsewhere, and then 0 would be wrong.
func (s *sidecar) serverSockets() admin.Sockets {
	found, known := s.readSockets()
	shown := admin.Sockets{Listening: doctor.ListeningAt(&s.Target, found.Listening)}
	if known && (len(found.Listening) > 0 || found.Connected > 0) {
		shown.Sessions = &found.Connected
	}
	return shown
}
