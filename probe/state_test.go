package probe

import (
	"io"
	"net/http"
	"testing"

	"go.uber.org/zap"

	"wshealthz/internal/testbed"
)

// TestNotEvictedBeforeItsAnswer: the answer is written before its caller may be evicted, which is said under the lock.
func TestNotEvictedBeforeItsAnswer(t *testing.T) {
	for _, request := range []string{"GET /health HTTP/1.1\r\nHost: x\r\n\r\n", "broken\r\n\r\n"} {
		server := listen(t, healthy)
		c := call(t, server)
		testbed.Until(t, "the connection is silent", func() bool { return server.inState(silent) == 1 })
		server.conns.mu.Lock()
		server.conns.wanted.Store(true)
		io.WriteString(c, request)
		if _, err := http.ReadResponse(c.Reader, nil); err != nil {
			t.Errorf("%q: %v, want an answer", request, err)
		}
		server.conns.mu.Unlock()
	}
}

// TestHeadAfterAnswer: a request whose beginning has come when its turn comes is in the middle of a head, and not idle.
func TestHeadAfterAnswer(t *testing.T) {
	answering, release := make(chan struct{}), make(chan struct{})
	server, err := NewServer(ServerOptions{
		Address: "127.0.0.1:0", MaxConnections: 4, Share: 1, Log: zap.NewNop(),
		Answer: func(*Request) Answer {
			answering <- struct{}{}
			<-release
			return TextAnswer(http.StatusOK, "ok")
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	testbed.Run(t, server)
	c := call(t, server)
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	<-answering
	io.WriteString(c, "GET / HT")
	testbed.Until(t, "the kernel has the second request", func() bool {
		server.conns.mu.Lock()
		defer server.conns.mu.Unlock()
		return server.conns.open[0].transfer.pending()
	})
	close(release)
	testbed.Until(t, "the connection waits", func() bool { return server.inState(idle)+server.inState(receiving) == 1 })
	if server.inState(receiving) != 1 {
		t.Error("the connection counts as idle")
	}
}
