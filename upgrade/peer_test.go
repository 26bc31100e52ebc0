package upgrade

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// A script plays a server on one connection. When it returns, play watches how the prober closes the connection.
type script func(*peer)

// A peer is the server's side of one connection.
type peer struct {
	net.Conn  // tcp, or TLS over it
	tcp       *net.TCPConn
	t         *testing.T
	request   string // its head as it came
	upgraded  bool   // this side sent a 101
	unwatched bool
}

// An ending is how the server saw the prober close the connection.
type ending struct {
	code ws.StatusCode // of the Close that came, 0: none
	junk int           // other bytes that came
	err  error         // io.EOF for FIN
}

// play starts a server that plays s on each connection, and sends each ending that is watched. The test fails when
// nobody connects. Whatever the script waits for ends with the test.
func play(t *testing.T, network string, s script) (address string, endings chan ending) {
	t.Helper()
	return playAt(t, network, map[string]string{"tcp4": "127.0.0.1:0", "tcp6": "[::1]:0"}[network], s)
}

func playAt(t *testing.T, network, at string, s script) (address string, endings chan ending) {
	t.Helper()
	listener, err := net.Listen(network, at)
	if err != nil {
		t.Skipf("no %s loopback here: %v", network, err)
	}
	endings = make(chan ending, 64)
	reached := false
	var running sync.WaitGroup
	running.Go(func() {
		for conn, err := listener.Accept(); err == nil; conn, err = listener.Accept() {
			reached = true
			running.Go(func() { playOne(t, conn.(*net.TCPConn), s, endings) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		running.Wait()
		if !reached && !t.Skipped() {
			t.Error("nobody connected: the script was not played")
		}
	})
	return listener.Addr().String(), endings
}

func playOne(t *testing.T, conn *net.TCPConn, s script, endings chan<- ending) {
	p := &peer{Conn: conn, tcp: conn, t: t}
	defer func() { p.Close() }()
	conn.SetDeadline(time.Now().Add(patience))
	defer context.AfterFunc(t.Context(), func() { conn.SetDeadline(time.Unix(1, 0)) })()
	if s(p); p.unwatched {
		return
	}
	select {
	case endings <- p.watchEnd():
	default: // the test does not look
	}
}

// endUnwatched makes the connection be closed when the script returns, whatever the prober does.
func (p *peer) endUnwatched() { p.unwatched = true }

// reset ends the connection with RST.
func (p *peer) reset() {
	p.endUnwatched()
	p.tcp.SetLinger(0)
	p.tcp.Close()
}

// holdUntil keeps the connection as it is until c is closed, nil: until the test is over.
func (p *peer) holdUntil(c <-chan struct{}) {
	select {
	case <-c:
	case <-p.t.Context().Done():
	}
}

// watchEnd reads to the end; a Close is answered with a Close and FIN, as RFC 6455 section 7.1.1 has it.
func (p *peer) watchEnd() (end ending) {
	in := bufio.NewReader(p.Conn)
	for {
		first, err := in.Peek(1)
		if err != nil {
			end.err = err
			return end
		}
		if !p.upgraded || first[0] != 0x88 || end.code != 0 {
			in.Discard(1)
			end.junk++
			continue
		}
		_, payload, err := readFrame(in)
		if err != nil {
			end.err = err
			return end
		}
		end.code, _ = ws.ParseCloseFrameData(payload)
		ws.WriteFrame(p, ws.NewCloseFrame(ws.NewCloseFrameBody(end.code, "")))
		if p.Conn == net.Conn(p.tcp) {
			p.tcp.CloseWrite()
		} else {
			p.Conn.(*tls.Conn).CloseWrite()
		}
	}
}

// readRequest reads the request and returns the Sec-WebSocket-Accept that answers it.
func (p *peer) readRequest() string {
	var raw bytes.Buffer
	request, err := http.ReadRequest(bufio.NewReaderSize(io.TeeReader(p.Conn, &raw), 64<<10))
	if err != nil {
		p.broken("a request", err)
		return ""
	}
	p.request = raw.String()
	var key [keyLen]byte
	copy(key[:], request.Header.Get("Sec-WebSocket-Key"))
	accept := acceptFor(key)
	return string(accept[:])
}

// readFrame reads one frame of the prober and returns its payload, unmasked.
func (p *peer) readFrame() (op ws.OpCode, payload []byte) {
	op, payload, err := readFrame(p)
	if err != nil {
		p.broken("a frame", err)
	}
	return op, payload
}

func readFrame(in io.Reader) (op ws.OpCode, payload []byte, err error) {
	header, err := ws.ReadHeader(in)
	if err == nil && (!header.Masked || header.Length > 1<<16) {
		err = fmt.Errorf("a bad frame: %+v", header)
	}
	if err != nil {
		return 0, nil, err
	}
	payload = make([]byte, header.Length)
	_, err = io.ReadFull(in, payload)
	ws.Cipher(payload, header.Mask, 0)
	return header.OpCode, payload, err
}

// broken fails the test because the prober did not send what the script reads.
func (p *peer) broken(what string, err error) {
	if p.t.Context().Err() == nil {
		p.t.Errorf("the script reads %s, which does not come: %v", what, err)
	}
}

// readAndAnswer reads the request and writes lines of a head, each with CRLF, and the empty line. "{accept}" in them
// is the right one.
func (p *peer) readAndAnswer(lines ...string) {
	p.readAndWrite(strings.Join(lines, "\r\n") + "\r\n\r\n")
}

// readAndAccept reads the request and answers as a conforming server does.
func (p *peer) readAndAccept() { p.readAndAnswer(acceptHead...) }

// readAndWrite reads the request and writes text, "{accept}" in it replaced.
func (p *peer) readAndWrite(text string) {
	accept := p.readRequest()
	p.upgraded = strings.Contains(text, " 101")
	io.WriteString(p, strings.ReplaceAll(text, "{accept}", accept))
}
