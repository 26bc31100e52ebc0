package upgrade

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"

	"wshealthz/internal/testbed"
)

// BenchmarkProbe measures a handshake and the close after it, together with the server's side.
func BenchmarkProbe(b *testing.B) {
	listener := testbed.Listen(b)
	go func() {
		for conn, err := listener.Accept(); err == nil; conn, err = listener.Accept() {
			go benchServer(conn)
		}
	}()
	p := &Prober{Target: Target{URL: parseURL(b, "ws://"+listener.Addr().String()), Timeout: testbed.Patience, Deflate: true}}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	b.ReportAllocs()
	for b.Loop() {
		if verdict := p.Probe(ctx); !verdict.Healthy() {
			b.Fatal(verdict)
		}
	}
	p.Wait(ctx)
}

func benchServer(conn net.Conn) {
	defer conn.Close()
	buf := make([]byte, 1024)
	n, err := conn.Read(buf)
	if err != nil {
		return
	}
	_, rest, _ := strings.Cut(string(buf[:n]), "Sec-WebSocket-Key: ")
	accept := acceptFor([keyLen]byte([]byte(rest[:keyLen])))
	io.WriteString(conn, strings.ReplaceAll(acceptText, "{accept}", string(accept[:])))
	conn.Read(buf)
}

// BenchmarkJudge measures parsing and judging an ordinary response, without a network.
func BenchmarkJudge(b *testing.B) {
	s := &session{Prober: &Prober{Target: Target{URL: parseURL(b, "ws://localhost/"), Deflate: true}}}
	accept := acceptFor(newKey())
	answer := []byte(strings.ReplaceAll(acceptText, "{accept}", string(accept[:])))
	b.ReportAllocs()
	for b.Loop() {
		end := headEnd(answer, 0)
		if _, err := s.head.parse(answer[:end]); err != nil {
			b.Fatal(err)
		}
		if f := s.judge(accept); f != nil {
			b.Fatal(f.detail)
		}
	}
}
