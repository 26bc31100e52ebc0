package upgrade

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// loopback holds the addresses that localhost means, whatever the hosts file says (RFC 6761 section 6.3).
var loopback = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}

// dialer has keep-alive off: the connection lives for seconds, and each option is a system call.
var dialer = net.Dialer{KeepAlive: -1}

// IsLocalhost reports whether a host name means this machine's loopback addresses: localhost or *.localhost.
func IsLocalhost(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// dial connects to the first address that accepts. It tries them one after the other, never two at a time, because a
// bare connect makes some servers log an error. Each gets an even share of the time that is left, so that the second
// of localhost's two is tried after half the budget. The fault is that of the first address.
func (s *session) dial() *fault {
	addrs, f := s.resolve()
	if f != nil {
		return f
	}
	port, err := strconv.ParseUint(s.Port(), 10, 16)
	if err != nil {
		return &fault{reason: Internal, detail: fmt.Sprintf("port of %s: %v", &s.Target, err)}
	}
	var first *fault
	for i, addr := range addrs {
		share := time.Until(s.deadline) / time.Duration(len(addrs)-i)
		f := s.connect(netip.AddrPortFrom(addr.Unmap(), uint16(port)), share)
		if f == nil || f.reason == Canceled {
			return f
		}
		if first == nil {
			first = f
		}
	}
	return first
}

func (s *session) resolve() ([]netip.Addr, *fault) {
	host := s.DialHost()
	if IsLocalhost(host) {
		return loopback, nil
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{addr}, nil
	}
	addrs, err := s.lookup(host)
	for err != nil && (isTimeout(err) && s.resume(s.deadline) || lacksDescriptor(err) && s.freeOldest(false)) {
		addrs, err = s.lookup(host)
	}
	if err == nil && len(addrs) > 0 {
		return addrs, nil
	}
	doing := fmt.Sprintf("looking up %q", host)
	if f := s.ended(err, Unreachable, doing, s.budget); f != nil {
		return nil, f
	}
	reason := Unreachable
	if lacksDescriptor(err) {
		reason = Internal
	}
	return nil, &fault{reason: reason, detail: doing + ": " + lookupError(err)}
}

func (s *session) lookup(host string) ([]netip.Addr, error) {
	ctx, cancel := context.WithDeadline(s.ctx, s.deadline)
	defer cancel()
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}

// lacksDescriptor reports whether a lookup failed because no more files could be opened. The resolver keeps only the text of
// an error.
func lacksDescriptor(err error) bool {
	return slices.ContainsFunc(noDescriptors, func(e syscall.Errno) bool { return strings.Contains(fmt.Sprint(err), e.Error()) })
}

// freeOldest is closing.freeOldest within the budget.
func (s *session) freeOldest(reset bool) bool {
	ctx, cancel := context.WithDeadline(s.ctx, s.deadline)
	defer cancel()
	return ctx.Err() == nil && s.closing.freeOldest(ctx, reset)
}

// lookupError returns the text of err without the name server's address, which differs from try to try.
func lookupError(err error) string {
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return dns.Err
	}
	return fmt.Sprint(err)
}

func (s *session) connect(addr netip.AddrPort, share time.Duration) *fault {
	s.peer = addr.String()
	// Not DialTCP, which binds to the zero address first: one more system call, and a local port that cannot be shared.
	until := time.Now().Add(share)
	conn, err := s.dialUntil(until)
	for err != nil {
		switch {
		case isTimeout(err) && s.resume(until):
			until = time.Now().Add(afterPause)
		case !s.makeRoom(err, addr.Addr()):
			return s.dialFault(err, addr, share)
		}
		conn, err = s.dialUntil(until)
	}
	s.connected(conn.(*net.TCPConn))
	return nil
}

func (s *session) dialFault(err error, addr netip.AddrPort, share time.Duration) *fault {
	doing := fmt.Sprintf("connecting to %s for %s", addr, &s.Target)
	if f := s.ended(err, DialTimeout, doing, share); f != nil {
		return f
	}
	errno := errnoOf(err)
	why := errno.Error()
	if errno == 0 {
		why = err.Error()
	}
	return &fault{reason: dialReason(errno, addr.Addr()), detail: doing + ": " + why}
}

func (s *session) dialUntil(deadline time.Time) (conn net.Conn, err error) {
	s.own.begin()
	defer func() { s.own.dialed(conn) }()
	return dialer.DialContext(&budget{s.ctx, deadline}, "tcp", s.peer)
}

func errnoOf(err error) (errno syscall.Errno) {
	errors.As(err, &errno)
	return errno
}

// makeRoom closes the oldest connection that is closing when a dial failed for lack of descriptors, ports or memory, and
// reports whether the next may succeed.
func (s *session) makeRoom(err error, addr netip.Addr) bool {
	errno := errnoOf(err)
	return dialReason(errno, addr) == Internal && s.freeOldest(!slices.Contains(noDescriptors, errno))
}

// A budget is a context with a deadline but no timer of its own: the dialer sets the deadline on the socket, provided
// that the context can be canceled.
type budget struct {
	context.Context
	deadline time.Time
}

var never = make(chan struct{})

func (b *budget) Deadline() (time.Time, bool) { return b.deadline, true }

func (b *budget) Done() <-chan struct{} {
	if done := b.Context.Done(); done != nil {
		return done
	}
	return never
}
