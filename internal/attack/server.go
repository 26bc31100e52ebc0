//go:build linux

package main

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A behavior is what the WebSocket server does with a handshake.
type behavior int32

const (
	healthy    behavior = iota
	hanging             // never answers
	slow                // answers after a second
	slowish             // answers after 150 ms
	flapping            // refuses every other one
	neverClose          // answers, and ignores a Close and the end of what is sent
	flooding            // answers, and sends messages as fast as it can
)

// hangingTimeout is WSHEALTHZ_TIMEOUT where the server hangs: a verdict is due then, however late the probe ends.
const hangingTimeout = time.Second

// A server is the WebSocket server of one attack.
type server struct {
	net.Listener
	behavior atomic.Int32
	probes   atomic.Int64
	flooded  atomic.Int64  // bytes
	accepted chan struct{} // gets a value when a probe came and nobody took the last one

	mu      sync.Mutex
	flights []window // of the probes that took time
}

// A window is a time in which an answer was not the adapter's to give: the server let it wait.
type window struct{ from, to time.Time }

func startServer() (*server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &server{Listener: listener, accepted: make(chan struct{}, 1)}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go s.serve(conn, time.Now())
		}
	}()
	return s, nil
}

func (s *server) set(b behavior) { s.behavior.Store(int32(b)) }

func (s *server) url() string { return "ws://" + s.Addr().String() + "/" }

// serve answers one handshake. began is when its connection was accepted.
func (s *server) serve(conn net.Conn, began time.Time) {
	defer conn.Close()
	number := s.probes.Add(1)
	select {
	case s.accepted <- struct{}{}:
	default:
	}
	r := bufio.NewReaderSize(conn, 2048)
	request, err := http.ReadRequest(r)
	if err != nil {
		return
	}
	b := behavior(s.behavior.Load())
	switch {
	case b == hanging:
		readAll(r)
		s.record(began, began.Add(hangingTimeout))
		return
	case b == slow:
		time.Sleep(time.Second)
	case b == slowish:
		time.Sleep(150 * time.Millisecond)
	case b == flapping && number%2 == 0:
		fmt.Fprint(conn, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		return
	}
	sum := sha1.Sum([]byte(request.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
		base64.StdEncoding.EncodeToString(sum[:]))
	s.record(began, time.Now())
	s.exchange(conn, r, b)
}

// exchange is what follows the handshake. It relies on a client that sends nothing but a Close.
func (s *server) exchange(conn net.Conn, r *bufio.Reader, b behavior) {
	switch b {
	case flooding:
		go readAll(r)
		messages := []byte(strings.Repeat("\x81\x64"+strings.Repeat("m", 100), 600)) // many small ones, which cost most to keep
		for {
			n, err := conn.Write(messages)
			if s.flooded.Add(int64(n)); err != nil {
				return
			}
		}
	case neverClose:
		readAll(r)
		time.Sleep(3 * time.Second)
	default:
		r.Peek(1)
		conn.Write([]byte{0x88, 2, 0x03, 0xe9}) // Close 1001
	}
}

func readAll(r *bufio.Reader) {
	for {
		if _, err := r.Peek(1); err != nil {
			return
		}
		r.Discard(r.Buffered())
	}
}

// record adds a flight, if it took long enough to matter.
func (s *server) record(from, to time.Time) {
	if to.Sub(from) > 10*time.Millisecond {
		s.mu.Lock()
		s.flights = append(s.flights, window{from, to})
		s.mu.Unlock()
	}
}

// windows returns the flights that ended so far.
func (s *server) windows() []window {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]window(nil), s.flights...)
}
