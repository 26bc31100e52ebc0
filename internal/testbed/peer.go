package testbed

import (
	"bufio"
	"crypto/sha1"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A Script plays a server to one connection. It runs in a goroutine of its own. When it returns, Serve watches how the
// client closes the connection.
type Script func(*Peer)

// A Peer is the server's side of one connection. Reads and writes fail after Patience.
type Peer struct {
	net.Conn               // the TLS connection inside of a script of TLS
	TCP      *net.TCPConn  // what lies below
	Request  *http.Request // nil before ReadRequest
	Head     string        // the request line and fields, as they came
	Upgraded bool          // a 101 was sent: a Close frame is to be expected, and is answered

	t       testing.TB
	in      *bufio.Reader // over Conn
	accept  string
	unwatch bool
}

// SwitchingProtocols is the head of a conforming server's answer, for the answers of scripts: without the empty line
// that ends it, and with {accept} where the right Sec-WebSocket-Accept belongs.
const SwitchingProtocols = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n"

// ReadRequest reads the client's request, once, and returns the Sec-WebSocket-Accept that answers it. When none comes
// before the test ends, the test fails, and accept is "".
func (p *Peer) ReadRequest() (accept string) {
	if p.Request != nil {
		p.t.Error("the script reads the request a second time, and would wait for one that never comes")
		return p.accept
	}
	head, err := p.readHead()
	if err != nil {
		p.missing("a request", err)
		return ""
	}
	request, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head)))
	if err != nil {
		p.missing("a request", err)
		return ""
	}
	p.Request, p.Head = request, head
	sum := sha1.Sum([]byte(request.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	p.accept = base64.StdEncoding.EncodeToString(sum[:])
	return p.accept
}

// readHead reads up to the empty line and leaves what follows for Read.
func (p *Peer) readHead() (head string, err error) {
	for !strings.HasSuffix(head, "\r\n\r\n") {
		line, err := p.in.ReadString('\n')
		if err != nil {
			return "", err
		}
		head += line
	}
	return head, nil
}

// SpeaksTLS waits for the client's first byte and reports whether it begins a TLS handshake.
func (p *Peer) SpeaksTLS() bool {
	first, err := p.in.Peek(1)
	return err == nil && first[0] == 22 // handshake, RFC 8446 section 5.1
}

// missing fails the test because the client did not send what the script reads. Nothing is missing once the test is over:
// its end closes the connection.
func (p *Peer) missing(what string, err error) {
	if p.t.Context().Err() == nil {
		p.t.Errorf("the script reads %s, which does not come: %v", what, err)
	}
}

// Errorf fails the test, as testing.TB does.
func (p *Peer) Errorf(format string, args ...any) {
	p.t.Helper()
	p.t.Errorf(format, args...)
}

// Read reads what came after the request that ReadRequest took, if it took one.
func (p *Peer) Read(b []byte) (int, error) { return p.in.Read(b) }

// Answer writes text in one piece, after ReadRequest. "{accept}" in it is replaced by the right Sec-WebSocket-Accept.
func (p *Peer) Answer(text string) {
	p.Upgraded = p.Upgraded || strings.Contains(text, " 101")
	io.WriteString(p, strings.ReplaceAll(text, "{accept}", p.accept))
}

// AnswerHead writes a head: lines that each get a CRLF, and the empty line. See Answer.
func (p *Peer) AnswerHead(lines ...string) { p.Answer(strings.Join(lines, "\r\n") + "\r\n\r\n") }

// ReadRequestAndAccept reads the request and answers as a conforming server does.
func (p *Peer) ReadRequestAndAccept() {
	p.ReadRequest()
	p.Answer(SwitchingProtocols + "\r\n")
}

// CloseWrite sends FIN, over TLS after the alert close_notify.
func (p *Peer) CloseWrite() error {
	return p.Conn.(interface{ CloseWrite() error }).CloseWrite()
}

// Reset closes the connection with a reset.
func (p *Peer) Reset() {
	p.TCP.SetLinger(0)
	p.TCP.Close()
	p.DoNotWatch()
}

// DoNotWatch tells Serve to close the connection when the script returns, and to report no Closing for it.
func (p *Peer) DoNotWatch() { p.unwatch = true }

// HoldUntil keeps the connection as it is until c is closed or the test ends. c may be nil.
func (p *Peer) HoldUntil(c <-chan struct{}) {
	select {
	case <-c:
	case <-p.t.Context().Done():
	}
}

// A Closing is how a client closed a connection, as the server saw it.
type Closing struct {
	Code  uint16 // of the Close frame that came, 0 if none or without a code
	Other int    // how many other bytes came
	Err   error  // how it ended: io.EOF for FIN
}

// WatchClosing reads until the client's FIN or reset. After a 101 a Close frame is answered with a Close frame and FIN,
// as RFC 6455 section 7.1.1 has it.
func (p *Peer) WatchClosing() (c Closing) {
	for closed := false; ; {
		first, err := p.in.Peek(1)
		if err != nil {
			c.Err = err
			return c
		}
		if !p.Upgraded || closed || first[0] != finBit|OpClose {
			p.in.Discard(1)
			c.Other++
			continue
		}
		_, payload, err := p.readFrame()
		if err != nil {
			c.Err = err
			return c
		}
		if closed = true; len(payload) >= 2 {
			c.Code = uint16(payload[0])<<8 | uint16(payload[1])
		}
		io.WriteString(p, Frame(OpClose, string(payload)))
		p.CloseWrite()
	}
}

// TLS returns a script that does the server's side of a TLS handshake and then plays the given one inside of it. When
// the handshake fails, nothing is played and no Closing is reported, because what came was not FIN alone.
func TLS(config *tls.Config, script Script) Script {
	return func(p *Peer) {
		conn := tls.Server(p.TCP, config)
		if err := conn.Handshake(); err != nil {
			p.DoNotWatch()
			return
		}
		p.Conn, p.in = conn, bufio.NewReader(conn)
		script(p)
	}
}

// NeverPlayed is a script for TLS: it fails the test, because the handshake must fail.
func NeverPlayed(p *Peer) { p.Errorf("the TLS handshake succeeded, want none") }

func newPeer(t testing.TB, conn net.Conn) (*Peer, error) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nil, errors.New("no TCP connection")
	}
	return &Peer{Conn: tcp, TCP: tcp, in: bufio.NewReader(tcp), t: t}, tcp.SetDeadline(time.Now().Add(Patience))
}
