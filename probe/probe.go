// Package probe answers the gateway's probe of us: a plain HTTP GET that asks for the health of a WebSocket server. It is
// the health listener, and what stands between it and our own probe of the server (package upgrade), each a function
// around a Probe: sharing, draining, logging changes. It knows nothing of frames.
package probe

import (
	"context"

	"wshealthz/upgrade"
)

// A Probe returns a verdict. It returns soon after ctx is canceled, never panics, and may be called any number of times at
// once.
type Probe func(ctx context.Context) upgrade.Verdict
