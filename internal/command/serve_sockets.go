package command

import (
	"net/netip"
	"strconv"
	"sync"
	"time"

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

// What looks at the sockets for the admin listener may cost. One takes 5 to 20 ms where the kernel has room for 262,144
// connections, which is a hundred times what the rest of /metrics takes, and seconds of a small CPU quota.
const (
	lookShare  = 50               // the next one comes after so many times what the last one took
	maxLookAge = 30 * time.Second // beyond it none is shown again, whatever that costs
)

// A look is what the admin listener was last shown of the sockets.
type look struct {
	mu    sync.Mutex
	shown admin.Sockets
	until time.Time // when the next one is due
}

// serverSockets returns what the admin listener shows of the sockets, as of now or of the last look.
func (s *sidecar) serverSockets() admin.Sockets {
	s.look.mu.Lock()
	defer s.look.mu.Unlock()
	began := time.Now()
	if began.After(s.look.until) {
		s.look.shown = s.lookAtSockets()
		now := time.Now()
		s.look.until = now.Add(min(lookShare*now.Sub(began), maxLookAge))
	}
	return s.look.shown
}

// lookAtSockets returns what to show. Where nobody listens and nobody is connected, the port may be redirected to a server
// elsewhere, and then 0 would be wrong.
func (s *sidecar) lookAtSockets() admin.Sockets {
	found, known := s.readSockets()
	shown := admin.Sockets{Listening: doctor.ListeningAt(&s.Target, found.Listening)}
	if known && (len(found.Listening) > 0 || found.Connected > 0) {
		shown.Sessions = &found.Connected
	}
	return shown
}
