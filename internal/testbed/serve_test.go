package testbed

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
)

// recorder is a testing.TB that keeps what would fail the test.
type recorder struct {
	testing.TB
	errors []string
}

func (r *recorder) Error(args ...any) { r.errors = append(r.errors, fmt.Sprint(args...)) }

func (r *recorder) Errorf(format string, args ...any) { r.Error(fmt.Sprintf(format, args...)) }

// request is a handshake with the key of RFC 6455 section 1.3.
const request = "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

// TestServe: the client sees the accept of RFC 6455 section 1.3, and the server how the client closes.
func TestServe(t *testing.T) {
	pair := Certificate{}.Make(t)
	for name, script := range map[string]Script{"plain": Accept("X: y"), "TLS": TLS(pair.ServerConfig(), Accept("X: y"))} {
		address, closings := Serve(t, "tcp4", script)
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if name == "TLS" {
			conn = tls.Client(conn, &tls.Config{RootCAs: pair.Pool(), ServerName: "localhost"})
		}
		io.WriteString(conn, request)
		io.WriteString(conn, "x\x88\x82\x01\x02\x03\x04\x02\xeb") // one byte, then Close 1001, masked
		answer, err := io.ReadAll(conn)
		want := strings.Replace(SwitchingProtocols, "{accept}", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", 1) + "X: y\r\n\r\n" + Frame(OpClose, "\x03\xe9")
		if err != nil || string(answer) != want {
			t.Errorf("%s: %v %q, want %q", name, err, answer, want)
		}
		conn.Close()
		if c := <-closings; c.Code != 1001 || c.Other != 1 || c.Err != io.EOF {
			t.Errorf("%s: %+v, want Close 1001, one other byte, and EOF", name, c)
		}
	}
}

// TestReadFrame: all lengths that clients send, and a script that reads a request twice is told so.
func TestReadFrame(t *testing.T) {
	reports := &recorder{TB: t}
	lengths := make(chan int, 3)
	address, closings := Serve(reports, "tcp4", func(p *Peer) {
		p.ReadRequestAndAccept()
		for range cap(lengths) {
			op, payload := p.ReadFrame()
			if op != OpText || strings.Trim(string(payload), "y") != "" {
				t.Errorf("opcode %d, %.50q", op, payload)
			}
			lengths <- len(payload)
		}
		p.ReadRequest()
	})
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(conn, request)
	want := []int{0, 125, 60_000}
	for _, n := range want {
		frame := []byte(Frame(OpText, strings.Repeat("y", n)))
		head, payload := frame[:len(frame)-n], frame[len(frame)-n:]
		head[1] |= maskBit
		for i := range payload {
			payload[i] ^= "\x00\x01\x02\x03"[i%4]
		}
		conn.Write(append(append(slices.Clip(head), 0, 1, 2, 3), payload...))
	}
	conn.Close()
	<-closings
	if got := []int{<-lengths, <-lengths, <-lengths}; !slices.Equal(got, want) {
		t.Errorf("lengths %v, want %v", got, want)
	}
	if len(reports.errors) != 1 || !strings.Contains(reports.errors[0], "a second time") {
		t.Errorf("the script reads twice, and the test hears %q", reports.errors)
	}
}

// TestServeFailsTheTest: when what the script needs does not happen.
func TestServeFailsTheTest(t *testing.T) {
	pair := Certificate{}.Make(t)
	for want, c := range map[string]struct {
		script Script
		client func(net.Conn)
	}{
		"nobody connected":          {script: AnswerText("")},
		"a request, which does not": {AnswerText(""), func(conn net.Conn) { io.WriteString(conn, "GET / HTTP/1.1\r\n") }},
		"a frame, which does not":   {func(p *Peer) { p.ReadRequest(); p.ReadFrame() }, func(conn net.Conn) { io.WriteString(conn, request+"\x81") }},
		"not final, not masked":     {func(p *Peer) { p.ReadFrame() }, func(conn net.Conn) { io.WriteString(conn, Frame(OpText, "x")) }},
		"the TLS handshake succeeded": {TLS(pair.ServerConfig(), NeverPlayed), func(conn net.Conn) {
			tls.Client(conn, &tls.Config{RootCAs: pair.Pool(), ServerName: "localhost"}).Handshake()
		}},
	} {
		reports := &recorder{}
		t.Run(want, func(t *testing.T) {
			reports.TB = t
			address, closings := Serve(reports, "tcp4", c.script)
			if c.client == nil {
				return
			}
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			c.client(conn)
			conn.Close()
			<-closings // the script has returned
		})
		if len(reports.errors) != 1 || !strings.Contains(reports.errors[0], want) {
			t.Errorf("the test hears %q, want %q", reports.errors, want)
		}
	}
}

// TestEndOfTheTest ends what scripts wait for, and does not fail the test for it.
func TestEndOfTheTest(t *testing.T) {
	for name, script := range map[string]Script{
		"a request": AnswerText(""), "a frame": func(p *Peer) { p.ReadFrame() }, "the end": func(p *Peer) { p.HoldUntil(nil) }, "the close": func(*Peer) {},
	} {
		t.Run(name, func(t *testing.T) {
			var conn net.Conn
			t.Cleanup(func() { conn.Close() }) // after the server's own cleanup
			address, _ := Serve(t, "tcp4", script)
			var err error
			if conn, err = net.Dial("tcp", address); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestServeText answers each connection with the right accept and FIN.
func TestServeText(t *testing.T) {
	address := ServeText(t, "HTTP/1.1 403 Forbidden\r\nX: {accept}\r\n\r\n")
	for range 2 {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(conn, request)
		answer, err := io.ReadAll(conn)
		conn.Close()
		if want := "HTTP/1.1 403 Forbidden\r\nX: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"; err != nil || string(answer) != want {
			t.Errorf("%v %q, want %q", err, answer, want)
		}
	}
}
