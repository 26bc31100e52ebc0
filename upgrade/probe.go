// Package upgrade is our probe of the server, not the gateway's probe of us. It dials a WebSocket server, does the TLS
// handshake and the opening handshake of RFC 6455 as a conforming client does, exchanges messages when asked to, judges
// what the server sends in a Verdict, and then closes the connection politely. It knows nothing of health endpoints.
package upgrade

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
)

// A Prober probes one target. Its methods are safe for concurrent use. It must not be copied after the first probe.
type Prober struct {
	Target
	// Log gets the stack of a panic. Default: it is not logged.
	Log *zap.Logger
	// Trace is called with each message of the exchange, in order, before Probe returns; with the Dialogue's Goodbye
	// after that and before Closed. Default: messages are not traced.
	Trace func(Message)
	// Closed is called once for each probe, when its connection is closed; without a connection, before Probe returns.
	// It must be safe for concurrent use. Default: the result is dropped.
	Closed func(Verdict, CloseResult)
	// ShowSecrets leaves the target's query, the values of Fields and a secret first message in details, excerpts and
	// traced messages. Default: they are redacted.
	ShowSecrets bool

	sessions sync.Pool
	closing  closing
	open     atomic.Int64 // connections
	own      own
}

// steps are taken in this order; the first fault is the verdict.
var steps = [...]struct {
	phase Phase
	take  func(*session) *fault
}{
	{Dial, (*session).dial},
	{TLS, (*session).handshakeTLS},
	{Upgrade, (*session).upgrade},
	{Exchange, (*session).exchange},
}

// Probe probes the server once and returns the verdict at most Timeout after the call, or at the deadline of ctx when
// that is earlier. After a pause of this process beyond that it may take half a second more. When ctx is canceled the
// verdict is Canceled; after a panic it is Internal. The connection is closed in the background, whatever becomes of ctx:
// see Wait and Closed.
func (p *Prober) Probe(ctx context.Context) (verdict Verdict) {
	s := newSession(ctx, p)
	defer func() {
		if r := recover(); r != nil {
			verdict = s.verdict(p.panicked("a probe", r))
		}
		s.stopWatch()
		p.startClose(s, verdict)
	}()
	for _, step := range steps {
		if step.phase == TLS && !p.Target.Secure() || step.phase == Exchange && p.Dialogue == nil {
			continue
		}
		began := time.Now()
		f := step.take(s)
		s.took[step.phase] = time.Since(began)
		if f != nil {
			return s.verdict(f)
		}
	}
	return s.verdict(&fault{reason: OK})
}

// Wait returns when the connections of all probes that have ended are closed, at most a second after the last verdict,
// or when ctx is done.
func (p *Prober) Wait(ctx context.Context) { p.closing.wait(ctx) }

// OpenConnections returns the number of connections to the server that are open: those of probes under way, and those
// that are being closed.
func (p *Prober) OpenConnections() int { return int(p.open.Load()) }

func (s *session) verdict(f *fault) Verdict {
	return Verdict{
		Reason: f.reason, Detail: toASCII(f.detail, maxDetail), Hint: s.hint(f), At: time.Now(), Took: s.took, Peer: s.peer,
		Received: s.received(f.reason), CertificateEnds: s.certificateEnds,
	}
}

// received returns what a verdict keeps of what the server sent.
func (s *session) received(reason Reason) Excerpt {
	switch reason.Phase() {
	case Upgrade:
		return s.excerpt(s.buf, maxReceived)
	case Exchange:
		return s.excerpt(s.last, maxReceived)
	}
	return Excerpt{}
}

// panicked logs the stack of a panic and returns it as a fault: a bug here must not end the process.
func (p *Prober) panicked(what string, r any) *fault {
	if p.Log != nil {
		p.Log.Error("panic in "+what, zap.String("panic", fmt.Sprint(r)), zap.ByteString("stack", debug.Stack()))
	}
	return &fault{reason: Internal, detail: fmt.Sprintf("panic in %s of %s: %v", what, &p.Target, r)}
}
