package testbed

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestMain(m *testing.M) { Main(m) }

// recorder is a testing.TB that keeps what would fail the test.
type recorder struct {
	testing.TB
	errors []string
}

func (r *recorder) Error(args ...any) { r.errors = append(r.errors, fmt.Sprint(args...)) }

func TestReserve(t *testing.T) {
	address := Reserve(t)
	if _, err := net.Dial("tcp", address); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("%v, want connection refused", err)
	}
	for range 2 { // a server, and one that is started again
		listener, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		listener.Close()
	}
}

func TestCertificate(t *testing.T) {
	ca := Certificate{Names: []string{"ca.example"}}.Make(t)
	end := time.Now().Add(-time.Hour).Truncate(time.Second)
	for _, c := range []struct {
		pair  *Pair
		names []string
		at    time.Time
	}{
		{Certificate{}.Make(t), []string{"localhost", "127.0.0.1", "::1"}, time.Now()},
		{Certificate{Names: []string{"chat.example"}, Issuer: ca}.Make(t), []string{"chat.example", "localhost"}, time.Now()},
		{Certificate{NotAfter: end}.Make(t), []string{"localhost"}, end},
	} {
		for _, name := range c.names {
			if _, err := c.pair.Leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: c.pair.Pool(), CurrentTime: c.at}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		files := c.pair.WriteFiles(t, t.TempDir())
		if _, err := tls.LoadX509KeyPair(files.Cert, files.Key); err != nil {
			t.Error(err)
		}
		if _, err := c.pair.Leaf.Verify(x509.VerifyOptions{Roots: c.pair.Pool(), CurrentTime: c.pair.Leaf.NotAfter.Add(time.Second)}); err == nil {
			t.Errorf("%v is good after its end", c.names)
		}
	}
}

// request is a handshake with the key of RFC 6455 section 1.3.
const request = "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

// TestServe: the client sees the accept of RFC 6455 section 1.3, and the server how the client closes.
func TestServe(t *testing.T) {
	pair := Certificate{}.Make(t)
	config := &tls.Config{Certificates: []tls.Certificate{pair.Certificate}}
	for name, script := range map[string]Script{"plain": Accept("X: y"), "TLS": TLS(config, Accept("X: y"))} {
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
			op, payload, err := p.ReadFrame()
			if op != OpText || err != nil || strings.Trim(string(payload), "y") != "" {
				t.Errorf("opcode %d, %v, %.50q", op, err, payload)
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

// TestProcesses: a server and wshealthz, as processes; the server is stopped, goes on, and starts again at its address.
func TestProcesses(t *testing.T) {
	chat, address := StartChat(t)
	w := StartWshealthz(t, []string{"WSHEALTHZ_TARGET=ws://" + address + "/ws", "WSHEALTHZ_MAX_AGE=0"})
	healthy := func() bool { status, _ := Get(t, "http://"+w.Health+"/health"); return status == 200 }
	if !healthy() {
		t.Error("not healthy while the server runs")
	}
	if status, _ := Get(t, "http://"+w.Admin+"/livez"); status != 200 {
		t.Errorf("/livez of the admin listener: %d", status)
	}
	if Stopped(t, chat.PID()) {
		t.Error("the server is stopped from the start")
	}
	chat.Signal(t, syscall.SIGSTOP)
	Until(t, "the server is stopped", func() bool { return Stopped(t, chat.PID()) })
	if code := chat.Kill(); code != -1 || healthy() {
		t.Errorf("exit %d, want -1, and an unhealthy verdict once it is killed", code)
	}
	StartChatOn(t, address)
	if !healthy() {
		t.Error("not healthy when the server runs again")
	}
	if code := w.Stop(); code != 0 || len(w.Lines()) < 2 {
		t.Errorf("exit %d, want 0, and a line for the start and for each change: %q", code, w.Lines())
	}
	if wrong := Start(t, Build(t, "wshealthz"), []string{"WSHEALTHZ_TARGET=http://x/"}); wrong.Wait(t) != 64 || len(wrong.Lines()) == 0 {
		t.Errorf("exit %d with %q, want 64 and the fault", wrong.ExitCode(), wrong.Lines())
	}
}
