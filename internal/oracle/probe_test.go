package oracle

import (
	"bytes"
	"net/url"
	"sync"
	"testing"
	"time"

	"wshealthz/upgrade"
)

// probe returns wshealthz' verdict on what the server at the address answers to the path. Extensions are offered as
// they are by default.
func probe(t testing.TB, address, path string, asked []string) upgrade.Verdict {
	p := upgrade.Prober{Target: targetOf(address, path, asked)}
	return p.Probe(t.Context())
}

func targetOf(address, path string, asked []string) upgrade.Target {
	return upgrade.Target{
		URL:          &url.URL{Scheme: "ws", Host: address, Path: path},
		Timeout:      10 * time.Second,
		Subprotocols: asked,
		Deflate:      true,
	}
}

// readUntilEnd returns the verdict when messages are read until one is "end".
func readUntilEnd(t testing.TB, address, path string) upgrade.Verdict {
	p := upgrade.Prober{Target: targetOf(address, path, nil)}
	p.Dialogue = &upgrade.Dialogue{Want: "end", Expect: func(message []byte) bool { return bytes.Equal(message, []byte("end")) }}
	return p.Probe(t.Context())
}

// atOnce asks about many cases at a time, and returns the results in the order of the cases.
func atOnce[C, R any](workers int, cases []C, ask func(C) R) []R {
	results := make([]R, len(cases))
	next := make(chan int)
	var wait sync.WaitGroup
	for range min(workers, len(cases)) {
		wait.Go(func() {
			for i := range next {
				results[i] = ask(cases[i])
			}
		})
	}
	for i := range cases {
		next <- i
	}
	close(next)
	wait.Wait()
	return results
}
