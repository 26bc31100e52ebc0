package probe

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"wshealthz/internal/testbed"
)

// TestPastDeadlines: a deadline that passes while an answer is made ends neither the next request, nor what is read so that
// the answer is not lost to a reset, nor a write.
func TestPastDeadlines(t *testing.T) {
	var server *Server
	server, err := NewServer(ServerOptions{
		Address: "127.0.0.1:0", MaxConnections: 4, Share: 1, Log: zap.NewNop(),
		Answer: func(*Request) Answer {
			server.conns.mu.Lock()
			defer server.conns.mu.Unlock()
			server.conns.open[0].SetReadDeadline(time.Unix(1, 0))
			return TextAnswer(http.StatusOK, "ok")
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	testbed.Run(t, server)
	c := call(t, server)
	const request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
	c.send(t, request)
	c.send(t, request)
	io.WriteString(c, request+request[:9])
	if response, err := http.ReadResponse(c.Reader, nil); err != nil || response.StatusCode != 200 {
		t.Fatalf("%v, want 200", err)
	}
	testbed.Until(t, "the connection waits", func() bool { return server.inState(receiving) == 1 })
	// In all more than a linger of unread bytes, and the last answer ends the connection.
	io.WriteString(c, request[9:]+"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"+strings.Repeat("x", 100_000))
	if all, err := io.ReadAll(c); err != nil || strings.Count(string(all), "HTTP/1.1 200 OK") != 2 {
		t.Errorf("%q, %v, want the answers and EOF", all, err)
	}
}

// TestSlowReaderIsWrittenToLater: the deadline of a write that had to wait does not end the ones after it.
func TestSlowReaderIsWrittenToLater(t *testing.T) {
	t.Parallel()
	large := Answer{Status: http.StatusOK, Body: []byte(strings.Repeat("x", 32<<20))}
	server, err := NewServer(ServerOptions{
		Address: "127.0.0.1:0", MaxConnections: 4, Share: 1, Log: zap.NewNop(), Answer: func(*Request) Answer { return large },
	})
	if err != nil {
		t.Fatal(err)
	}
	testbed.Run(t, server)
	c := call(t, server)
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	testbed.Until(t, "the write waits", func() bool { return server.inState(answered) == 1 })
	response, err := http.ReadResponse(c.Reader, nil)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, response.Body); n != 32<<20 || err != nil {
		t.Fatalf("%d bytes, %v", n, err)
	}
	testbed.Until(t, "the connection is idle", func() bool { return server.inState(idle) == 1 })
	time.Sleep(writeTimeout) // what passes is the point
	io.WriteString(c, "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
	if response, err := http.ReadResponse(c.Reader, &http.Request{Method: "HEAD"}); err != nil || response.StatusCode != 200 {
		t.Errorf("%v, want 200", err)
	}
}
