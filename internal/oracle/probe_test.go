package oracle

import (
	"bytes"
	"context"
	"net/url"
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
	}
}

// readUntilEnd returns the verdict when messages are read until one is "end".
func readUntilEnd(ctx context.Context, address, path string) upgrade.Verdict {
	p := upgrade.Prober{Target: targetOf(address, path, nil)}
	p.Dialogue = &upgrade.Dialogue{Want: "end", Expect: func(message []byte) bool { return bytes.Equal(message, []byte("end")) }}
	return p.Probe(ctx)
}
