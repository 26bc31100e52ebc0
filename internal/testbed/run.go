package testbed

import "testing"

// Run runs a server until the test ends, and fails the test when Serve returns an error.
func Run(t testing.TB, server interface {
	Serve() error
	Stop() // makes Serve return
}) {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- server.Serve() }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-ended; err != nil {
			t.Error("Serve:", err)
		}
	})
}
