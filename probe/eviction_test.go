package probe

import (
	"io"
	"testing"
	"time"

	"wshealthz/internal/testbed"
)

// TestEvictionDoesNotWaitForItsReader: a connection that is about to say that it may be evicted, and waits for the lock to do
// so, can be evicted while the lock is held.
func TestEvictionDoesNotWaitForItsReader(t *testing.T) {
	server := listen(t, healthy)
	c := call(t, server)
	testbed.Until(t, "the connection is silent", func() bool { return server.inState(silent) == 1 })
	conns := server.conns
	conns.mu.Lock()
	conns.wanted.Store(true)
	io.WriteString(c, "GET")
	reader := conns.open[0]
	testbed.Until(t, "the connection is in the middle of a head", func() bool { return reader.state.Load() == receiving })
	evicted := make(chan bool, 1)
	go func() {
		ok, _ := conns.evict(0)
		conns.mu.Unlock()
		evicted <- ok
	}()
	select {
	case ok := <-evicted:
		if !ok {
			t.Error("the connection was not evicted")
		}
	case <-time.After(testbed.Patience):
		t.Fatal("the connection and who evicts it wait for each other")
	}
}
