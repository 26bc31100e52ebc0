package probe

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"wshealthz/internal/testbed"
)

// listen starts a health listener over probe that runs until the test ends.
func listen(t testing.TB, probe Probe, set ...func(*Options)) *Server {
	t.Helper()
	o := Options{Address: "127.0.0.1:0", Path: "/health", Probe: probe, Log: zap.NewNop()}
	for _, f := range set {
		f(&o)
	}
	server, err := Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	testbed.Run(t, server)
	return server
}

// A caller is one connection to a server.
type caller struct {
	net.Conn
	*bufio.Reader
}

func call(t *testing.T, server *Server) *caller {
	t.Helper()
	conn, err := net.Dial("tcp", server.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(testbed.Patience))
	return &caller{conn, bufio.NewReader(conn)}
}

func (c *caller) Read(p []byte) (int, error) { return c.Reader.Read(p) }

// send sends a request as it is and returns the answer and its body.
func (c *caller) send(t *testing.T, request string) (*http.Response, string) {
	t.Helper()
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(request, " ")
	response, err := http.ReadResponse(c.Reader, &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%q: %v", request, err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

func get(t *testing.T, server *Server) (int, string) {
	t.Helper()
	response, body := call(t, server).send(t, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
	return response.StatusCode, body
}
