package oracle

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// silence is how long the server waits for a client that says nothing, before it sends FIN. A client that waits for the
// end of a head, or for the rest of a frame, waits that long.
const silence = 1500 * time.Millisecond

// An ending is how a connection to the server ended.
type ending int

const (
	unknown   ending = iota
	hungUp           // the client ended the connection without a Close frame
	closeCame        // the client sent a Close frame
	starved          // the client waited for more than the server sent
)

// An answerer is a server that answers a request for /N with the answer of that number.
type answerer struct {
	mu      sync.Mutex
	answers []*answer
	ends    map[string]ending // by request target
	offer   atomic.Bool       // the last request for /0, which wshealthz alone makes, offered extensions
}

// add returns the path of the answer.
func (s *answerer) add(a *answer) (path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers = append(s.answers, a)
	return "/" + strconv.Itoa(len(s.answers)-1)
}

func (s *answerer) find(path string) *answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i, err := strconv.Atoi(strings.TrimPrefix(path, "/")); err == nil && i >= 0 && i < len(s.answers) {
		return s.answers[i]
	}
	return nil
}

// serve answers on a loopback port until the test ends, and returns its address.
func (s *answerer) serve(t testing.TB) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go s.play(conn.(*net.TCPConn))
		}
	}()
	return listener.Addr().String()
}

func (s *answerer) play(conn *net.TCPConn) {
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	in := bufio.NewReader(conn)
	request, err := http.ReadRequest(in)
	if err != nil {
		return
	}
	a := s.find(request.URL.Path)
	if a == nil {
		io.WriteString(conn, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		return
	}
	if request.URL.Path == "/0" {
		s.offer.Store(request.Header.Get("Sec-WebSocket-Extensions") != "")
	}
	sum := sha1.Sum([]byte(request.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	io.WriteString(conn, a.text(base64.StdEncoding.EncodeToString(sum[:])))
	end := unknown
	defer func() {
		s.mu.Lock()
		s.ends[request.RequestURI] = end
		s.mu.Unlock()
	}()
	switch a.closing {
	case finish:
		conn.CloseWrite()
	case reset:
		time.Sleep(20 * time.Millisecond) // the answer must be read before the reset discards it
		conn.SetLinger(0)
		return
	}
	conn.SetReadDeadline(time.Now().Add(silence))
	end = untilClose(conn, in, a.after == "")
	conn.CloseWrite()
	conn.SetReadDeadline(time.Now().Add(2 * time.Second))
	io.Copy(io.Discard, in)
}

// untilClose reads frames until a Close comes, which it answers if it shall, and returns how the connection ended.
func untilClose(conn net.Conn, in *bufio.Reader, answer bool) ending {
	for {
		var head [2]byte
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return endOf(err)
		}
		if head[0]&0xf == closeFrame {
			if answer {
				conn.Write([]byte{0x80 | closeFrame, 0})
			}
			return closeCame
		}
		length := int64(head[1] & 0x7f)
		switch length {
		case 126:
			var long [2]byte
			io.ReadFull(in, long[:])
			length = int64(binary.BigEndian.Uint16(long[:]))
		case 127:
			var long [8]byte
			io.ReadFull(in, long[:])
			length = int64(binary.BigEndian.Uint64(long[:]) >> 1)
		}
		if _, err := io.CopyN(io.Discard, in, 4+length); err != nil {
			return endOf(err)
		}
	}
}

func endOf(err error) ending {
	if wrong, ok := err.(net.Error); ok && wrong.Timeout() {
		return starved
	}
	return hungUp
}

func newAnswerer() *answerer {
	s := &answerer{ends: map[string]ending{}}
	s.add(right())
	return s
}
