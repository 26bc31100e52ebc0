package probe

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/zap"

	"wshealthz/internal/testbed"
	"wshealthz/upgrade"
)

// listenFor starts a health listener for so many connections, whose probe tells of each request and answers after release.
func listenFor(t *testing.T, connections int) (server *Server, asked chan struct{}, release chan struct{}) {
	t.Helper()
	asked, release = make(chan struct{}, connections), make(chan struct{})
	h := &health{path: "/health", probe: func(ctx context.Context) upgrade.Verdict {
		asked <- struct{}{}
		<-release
		return healthy(ctx)
	}}
	server, err := NewServer(ServerOptions{Address: "127.0.0.1:0", MaxConnections: connections, Share: 1, Answer: h.answer, Log: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	testbed.Run(t, server)
	return server, asked, release
}

// inState returns how many connections are in a state.
func (s *Server) inState(state connState) (count int) {
	s.conns.mu.Lock()
	defer s.conns.mu.Unlock()
	for _, c := range s.conns.open {
		if c.state.Load() == state {
			count++
		}
	}
	return count
}

// mostAnswers returns how many answers the connection with the most has.
func (s *Server) mostAnswers() (most uint64) {
	s.conns.mu.Lock()
	defer s.conns.mu.Unlock()
	for _, c := range s.conns.open {
		most = max(most, c.answers.Load())
	}
	return most
}

// TestEvictionOrder: connections that never sent a byte go first, the oldest first, then those in the middle of a head, then
// idle ones, then the one with the most answers. One that waits for a verdict stays.
func TestEvictionOrder(t *testing.T) {
	server, asked, release := listenFor(t, 7)
	enter := func(text string, state connState, count int) *caller {
		t.Helper()
		c := call(t, server)
		go io.WriteString(c, text)
		testbed.Until(t, "the connection is in its state", func() bool { return server.inState(state) == count })
		return c
	}
	const ask, other = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n", "GET /x HTTP/1.1\r\nHost: x\r\n\r\n"
	waits := enter(ask, waiting, 1)
	<-asked
	noReader := enter(strings.Repeat(other, 200_000), answered, 1)
	same, last := 0, uint64(0) // it is answered until the kernel takes no more
	testbed.Until(t, "an answer waits for its reader", func() bool {
		now := server.mostAnswers()
		if same++; now != last {
			same, last = 0, now
		}
		return same >= 20 && server.inState(answered) == 1
	})
	idles := []*caller{call(t, server), call(t, server)}
	for i, c := range idles {
		c.send(t, other)
		testbed.Until(t, "a connection is idle", func() bool { return server.inState(idle) == i+1 })
	}
	half := enter("GET /health HTT", receiving, 1)
	first, second := enter("", silent, 1), enter("", silent, 2)

	var newcomers []*caller
	for i, gone := range []*caller{first, second, half, idles[0], idles[1], noReader} {
		c := call(t, server)
		io.WriteString(c, ask)
		<-asked
		newcomers = append(newcomers, c)
		if n, _ := io.Copy(io.Discard, gone); n > 0 && gone != noReader {
			t.Errorf("number %d got %d bytes, want the end", i, n)
		}
		if got := server.OpenConnections(); got != 7 {
			t.Errorf("%d connections are open, want 7", got)
		}
	}
	queued := call(t, server) // all wait for a verdict: it is accepted, and served once there is room
	io.WriteString(queued, ask)
	close(release)
	for i, c := range append(newcomers, waits, queued) {
		response, err := http.ReadResponse(c.Reader, nil)
		if err != nil || response.StatusCode != 200 {
			t.Errorf("caller %d: %v, want 200", i, err)
		}
	}
}
