package testbed

import (
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// Serve plays the script to each connection on a loopback port, "tcp4" or "tcp6", until the test ends. It returns the
// address and how each connection was closed, in the order of the ends; what nobody receives is dropped beyond 64. The
// test fails when nobody connects. It is skipped when the machine has no IPv6 and the network is "tcp6"; the same port of
// 127.0.0.1 refuses connections then, or a client of localhost would reach whoever listens there.
//
// A test that looks for goroutines while a server runs ignores "wshealthz/internal/testbed.acceptConnections".
func Serve(t testing.TB, network string, script Script) (address string, closings <-chan Closing) {
	t.Helper()
	at := "127.0.0.1:0"
	if network == "tcp6" {
		_, port, _ := net.SplitHostPort(Reserve(t))
		at = net.JoinHostPort("::1", port)
	}
	return ServeAt(t, network, at, script)
}

// ServeAt is Serve at a given address.
func ServeAt(t testing.TB, network, at string, script Script) (address string, closings <-chan Closing) {
	t.Helper()
	listener := listen(t, network, at)
	s := &server{
		t: t, script: script, closings: make(chan Closing, 64), reached: make(chan struct{}), conns: map[net.Conn]struct{}{},
	}
	s.running.Go(func() { acceptConnections(listener, s) })
	t.Cleanup(func() {
		s.checkReached()
		listener.Close()
		s.stop()
	})
	return listener.Addr().String(), s.closings
}

// ServeText reads the request of each connection, answers with text, in which "{accept}" is replaced by the right
// Sec-WebSocket-Accept, sends FIN, and reads until the client closes: to close with unread bytes would be a reset.
func ServeText(t testing.TB, text string) (address string) {
	t.Helper()
	address, _ = Serve(t, "tcp4", func(p *Peer) {
		AnswerText(text)(p)
		p.CloseWrite()
	})
	return address
}

// AnswerText returns a script that reads the request and answers with text. See Peer.Answer.
func AnswerText(text string) Script {
	return func(p *Peer) {
		p.ReadRequest()
		p.Answer(text)
	}
}

// AnswerHead returns a script that reads the request and answers with a head of these lines. See Peer.Answer.
func AnswerHead(lines ...string) Script {
	return AnswerText(strings.Join(lines, "\r\n") + "\r\n\r\n")
}

// Accept returns a script that reads the request and answers as a conforming server does, but for these lines: each
// replaces the field of its name, or is added; one that begins with "HTTP/" replaces the status line.
func Accept(lines ...string) Script {
	head := strings.Split(strings.TrimSuffix(SwitchingProtocols, "\r\n"), "\r\n")
	for _, line := range lines {
		if strings.HasPrefix(line, "HTTP/") {
			head[0] = line
			continue
		}
		name, _, _ := strings.Cut(line, ":")
		replaced := false
		for i := range head {
			if strings.HasPrefix(head[i], name+":") {
				head[i], replaced = line, true
			}
		}
		if !replaced {
			head = append(head, line)
		}
	}
	return AnswerHead(head...)
}

type server struct {
	t        testing.TB
	script   Script
	closings chan Closing
	reached  chan struct{} // closed once a connection has come
	running  sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]struct{} // nil once stopped
}

func acceptConnections(listener net.Listener, s *server) {
	first := true
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		if first {
			close(s.reached)
			first = false
		}
		s.running.Go(func() { s.play(conn) })
	}
}

// checkReached fails the test when nobody connected. A client may be done before its connection is accepted.
func (s *server) checkReached() {
	if s.t.Failed() || s.t.Skipped() {
		return
	}
	select {
	case <-s.reached:
	case <-time.After(time.Second):
		s.t.Error("nobody connected: the script was not played")
	}
}

func (s *server) play(conn net.Conn) {
	defer conn.Close()
	p, err := newPeer(s.t, conn) // before add, after which the end of the test may close the connection
	if err != nil {
		s.t.Error(err)
		return
	}
	if !s.add(conn) {
		return
	}
	defer s.remove(conn)
	if s.script(p); p.unwatch {
		return
	}
	select {
	case s.closings <- p.WatchClosing():
	default:
	}
}

func (s *server) add(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conns == nil {
		return false
	}
	s.conns[conn] = struct{}{}
	return true
}

func (s *server) remove(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, conn)
}

// stop closes the connections that are left, so that no script waits for bytes, and waits until all scripts returned.
func (s *server) stop() {
	s.mu.Lock()
	for conn := range s.conns {
		conn.Close()
	}
	s.conns = nil
	s.mu.Unlock()
	done := make(chan struct{})
	go func() {
		s.running.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(Patience):
		s.t.Errorf("a script did not return within %v after the test", Patience)
	}
}
