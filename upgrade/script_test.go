package upgrade

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds the waits of tests for what must happen.
const patience = 20 * time.Second

// A script plays a server on one connection. When it returns, the harness watches how the prober leaves.
type script func(*peer)

// A peer is the server's side of one connection.
type peer struct {
	net.Conn
	tcp     *net.TCPConn
	request *http.Request
	raw     string // the request's head as it came
	opened  bool   // this side sent a 101
	endings chan ending
}

// An ending is how the server saw the prober leave.
type ending struct {
	code ws.StatusCode // of the Close that came, 0: none
	junk int           // other bytes that came
	err  error         // io.EOF for FIN
}

// play starts a server that plays s for each connection, and tells of each ending.
func play(t *testing.T, network string, s script) (address string, endings chan ending) {
	t.Helper()
	listener, err := net.Listen(network, map[string]string{"tcp4": "127.0.0.1:0", "tcp6": "[::1]:0"}[network])
	if err != nil {
		t.Skipf("no %s loopback here: %v", network, err)
	}
	endings = make(chan ending, 64)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go playOne(conn.(*net.TCPConn), s, endings)
		}
	}()
	t.Cleanup(func() {
		listener.Close()
		<-done
	})
	return listener.Addr().String(), endings
}

func playOne(conn *net.TCPConn, s script, endings chan ending) {
	p := &peer{Conn: conn, tcp: conn, endings: endings}
	defer func() { p.Close() }()
	conn.SetDeadline(time.Now().Add(patience))
	s(p)
	if p.endings == nil {
		return
	}
	end := p.watch()
	select {
	case endings <- end:
	default: // nobody looks
	}
}

// watch sees how the prober leaves; a Close is answered with a Close and FIN, as RFC 6455 section 7.1.1 has it.
func (p *peer) watch() (end ending) {
	in := bufio.NewReader(p.Conn)
	for {
		first, err := in.Peek(1)
		if err != nil {
			end.err = err
			return end
		}
		if !p.opened || first[0] != 0x88 || end.code != 0 {
			in.Discard(1)
			end.junk++
			continue
		}
		header, err := ws.ReadHeader(in)
		payload := make([]byte, min(header.Length, 125))
		if err == nil {
			_, err = io.ReadFull(in, payload)
		}
		if err != nil || !header.Masked {
			end.err = fmt.Errorf("a bad frame: %v, %+v", err, header)
			return end
		}
		ws.Cipher(payload, header.Mask, 0)
		end.code, _ = ws.ParseCloseFrameData(payload)
		ws.WriteFrame(p, ws.NewCloseFrame(ws.NewCloseFrameBody(end.code, "")))
		if p.Conn == net.Conn(p.tcp) {
			p.tcp.CloseWrite()
		} else {
			p.Conn.(*tls.Conn).CloseWrite()
		}
	}
}

// read reads the request and returns the Sec-WebSocket-Accept that answers it.
func (p *peer) read() string {
	var raw bytes.Buffer
	request, err := http.ReadRequest(bufio.NewReaderSize(io.TeeReader(p.Conn, &raw), 64<<10))
	if err != nil {
		return ""
	}
	p.request, p.raw = request, raw.String()
	var key [keyLen]byte
	copy(key[:], request.Header.Get("Sec-WebSocket-Key"))
	accept := acceptFor(key)
	return string(accept[:])
}

// say writes lines of a head, each with CRLF behind it, and the empty line. "{accept}" is replaced by the right one.
func (p *peer) say(lines ...string) { p.write(strings.Join(lines, "\r\n") + "\r\n\r\n") }

func (p *peer) write(text string) {
	accept := p.read()
	p.opened = strings.Contains(text, " 101")
	io.WriteString(p, strings.ReplaceAll(text, "{accept}", accept))
}

// right is the head of a conforming server.
var right = []string{"HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: {accept}"}

// says is a script that reads the request and answers with these lines.
func says(lines ...string) script { return func(p *peer) { p.say(lines...) } }

// saysAlso is says with the lines of a conforming server first; a line replaces the one with its name.
func saysAlso(lines ...string) script {
	head := append([]string(nil), right...)
	for _, line := range lines {
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
	return says(head...)
}

// writes is a script that reads the request and writes text as it is.
func writes(text string) script { return func(p *peer) { p.write(text) } }

// prober is a prober of a server at address, with a budget that no machine uses up by itself.
func prober(t *testing.T, address string) *Prober {
	t.Helper()
	return &Prober{Target: Target{URL: parseURL(t, "ws://"+address+"/ws"), Timeout: patience}}
}

func parseURL(t testing.TB, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// ask probes once, waits until the connection is closed, and returns both results.
func ask(t *testing.T, p *Prober) (Verdict, CloseResult) {
	t.Helper()
	results := make(chan CloseResult, 1)
	p.Closed = func(_ Verdict, result CloseResult) { results <- result }
	verdict := p.Probe(context.Background())
	select {
	case result := <-results:
		return verdict, result
	case <-time.After(patience):
		t.Fatalf("the connection was never closed after %v", verdict)
		return verdict, CloseResult{}
	}
}

// politely fails the test when the server did not see what the prober must do: Close 1001 after a 101, else
// nothing but FIN; a reset never.
func politely(t *testing.T, endings chan ending, opened bool) {
	t.Helper()
	select {
	case end := <-endings:
		want := ws.StatusCode(0)
		if opened {
			want = ws.StatusGoingAway
		}
		if end.code != want || end.junk != 0 || !errors.Is(end.err, io.EOF) {
			t.Errorf("left with Close %d, %d other bytes, then %v; want Close %d, then EOF", end.code, end.junk, end.err, want)
		}
	case <-time.After(patience):
		t.Error("the server never saw the prober leave")
	}
}

// refusing returns an address on which nobody listens, and nobody can while the test runs: it is one end of a
// connection.
func refusing(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	conn, err := net.Dial("tcp4", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn.LocalAddr().String()
}

// clogged returns an address whose accept queue is full: connects are not answered.
func clogged(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	raw, err := listener.(*net.TCPListener).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	shortenQueue(t, raw)
	address := listener.Addr().String()
	for range 8 { // until one is not answered
		conn, err := net.DialTimeout("tcp4", address, 200*time.Millisecond)
		if isTimeout(err) {
			return address
		}
		if err == nil {
			t.Cleanup(func() { conn.Close() })
		}
	}
	t.Fatal("the accept queue never filled")
	return ""
}

// ended is a connection whose server is gone.
type ended struct{ net.Conn }

func (ended) Read([]byte) (int, error)    { return 0, io.EOF }
func (ended) Write(p []byte) (int, error) { return len(p), nil }
