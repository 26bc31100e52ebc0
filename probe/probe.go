// Package probe answers those who ask for the health of a WebSocket server over plain HTTP: a listener, and
// what stands between it and the server, each a function around a Probe: sharing, draining, the journal. It
// knows nothing of frames.
package probe

import (
	"context"

	"wshealthz/upgrade"
)

// A Probe asks for a verdict. It returns soon after ctx is canceled, never panics, and may be called any number
// of times at once.
type Probe func(ctx context.Context) upgrade.Verdict
