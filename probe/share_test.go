package probe

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wshealthz/internal/testbed"
	"wshealthz/upgrade"
)

func background() context.Context { return context.Background() }

// TestManyCallersShareOneConnection counts what the server saw of 200 callers over HTTP.
func TestManyCallersShareOneConnection(t *testing.T) {
	listener := testbed.Listen(t)
	var connections atomic.Int32
	go func() {
		for conn, err := listener.Accept(); err == nil; conn, err = listener.Accept() {
			connections.Add(1)
			conn.Close() // once the callers are all there the last of them makes it answer
		}
	}()
	prober := &upgrade.Prober{Target: upgrade.Target{URL: &url.URL{Scheme: "ws", Host: listener.Addr().String()}, Timeout: testbed.Patience}}
	const callers = 200
	var waiting sync.WaitGroup
	waiting.Add(callers)
	shared := Share(func(ctx context.Context) upgrade.Verdict {
		waiting.Wait()
		return prober.Probe(ctx)
	}, time.Hour, background, func() {})
	server := listen(t, func(ctx context.Context) upgrade.Verdict {
		waiting.Done()
		return shared(ctx)
	})
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			response, err := http.Get("http://" + server.Addr().String() + "/health")
			if err != nil {
				t.Error(err)
				return
			}
			response.Body.Close()
			if response.StatusCode != 503 {
				t.Error(response.Status)
			}
		})
	}
	all.Wait()
	http.DefaultClient.CloseIdleConnections()
	if n := connections.Load(); n != 1 {
		t.Errorf("the server saw %d connections, want 1", n)
	}
	prober.Wait(context.Background())
}

// TestAge: a verdict is given again while it is young enough, and so is a failure; with 0 it never is.
func TestAge(t *testing.T) {
	for _, c := range []struct {
		maxAge time.Duration
		probes int32
	}{{time.Hour, 1}, {0, 3}, {time.Nanosecond, 3}} {
		var probes atomic.Int32
		shared := Share(func(context.Context) upgrade.Verdict {
			probes.Add(1)
			return upgrade.NewVerdict(upgrade.Refused, "nobody")
		}, c.maxAge, background, func() {})
		for range 3 {
			if verdict := shared(t.Context()); verdict.Reason != upgrade.Refused {
				t.Error(verdict)
			}
			time.Sleep(time.Microsecond) // the clock must go on
		}
		if n := probes.Load(); n != c.probes {
			t.Errorf("max age %v: %d probes, want %d", c.maxAge, n, c.probes)
		}
	}
}

// TestOldVerdictIsNotGiven: the age counts from the moment of the verdict, not of the request.
func TestOldVerdictIsNotGiven(t *testing.T) {
	var probes atomic.Int32
	shared := Share(func(context.Context) upgrade.Verdict {
		probes.Add(1)
		return upgrade.Verdict{Reason: upgrade.OK, At: time.Now().Add(-time.Minute)}
	}, 59*time.Second, background, func() {})
	shared(t.Context())
	shared(t.Context())
	if n := probes.Load(); n != 2 {
		t.Errorf("%d probes, want 2", n)
	}
}

// TestCallerWhoComesAsAProbeEnds gets that one's verdict: the age is checked again when a probe is about to start.
func TestCallerWhoComesAsAProbeEnds(t *testing.T) {
	for range 5000 {
		var probes atomic.Int32
		shared := Share(func(ctx context.Context) upgrade.Verdict {
			probes.Add(1)
			return healthy(ctx)
		}, time.Hour, background, func() {})
		var callers sync.WaitGroup
		for range 8 {
			callers.Go(func() { shared(t.Context()) })
		}
		if callers.Wait(); probes.Load() != 1 {
			t.Fatalf("%d probes, want 1", probes.Load())
		}
	}
}

// TestCallerWhoHangsUpFailsNobody: neither the first, in whose goroutine the probe runs, nor another.
func TestCallerWhoHangsUpFailsNobody(t *testing.T) {
	started, release := make(chan struct{}), make(chan struct{})
	shared := Share(func(ctx context.Context) upgrade.Verdict {
		close(started)
		<-release
		if ctx.Err() != nil {
			return upgrade.NewVerdict(upgrade.Canceled, "a caller's context")
		}
		return healthy(ctx)
	}, time.Hour, background, func() {})
	gone, hangUp := context.WithCancel(t.Context())
	first := make(chan upgrade.Verdict, 1)
	go func() { first <- shared(gone) }()
	<-started
	hangUp()
	if verdict := shared(gone); verdict.Reason != upgrade.Canceled {
		t.Errorf("the caller who hung up gets %v, want canceled at once", verdict)
	}
	other := make(chan upgrade.Verdict, 1)
	go func() { other <- shared(t.Context()) }()
	close(release)
	for _, verdict := range []upgrade.Verdict{<-first, <-other, shared(t.Context())} {
		if !verdict.Healthy() {
			t.Errorf("%v, want ok", verdict)
		}
	}
}

// TestCanceledIsNotKept: the next caller probes again.
func TestCanceledIsNotKept(t *testing.T) {
	reasons := []upgrade.Reason{upgrade.Canceled, upgrade.OK}
	shared := Share(func(context.Context) upgrade.Verdict {
		reason := reasons[0]
		reasons = reasons[1:]
		return upgrade.Verdict{Reason: reason, At: time.Now()}
	}, time.Hour, background, func() {})
	if first, second := shared(t.Context()), shared(t.Context()); first.Reason != upgrade.Canceled || !second.Healthy() {
		t.Errorf("%v, then %v, want canceled, then ok", first, second)
	}
}

// TestDrainIsJudgedLast: a probe that ends well after the drain began is draining, and so is everything later.
func TestDrainIsJudgedLast(t *testing.T) {
	drain := newDrain(t)
	started, release := make(chan struct{}), make(chan struct{})
	var probes atomic.Int32
	ask := drain.Override(Share(func(ctx context.Context) upgrade.Verdict {
		probes.Add(1)
		close(started)
		<-release
		return healthy(ctx)
	}, time.Hour, drain.Lifetime, func() {}))
	verdicts := make(chan upgrade.Verdict, 1)
	go func() { verdicts <- ask(t.Context()) }()
	<-started
	drain.Begin("test")
	close(release)
	for _, verdict := range []upgrade.Verdict{<-verdicts, ask(t.Context())} {
		if verdict.Reason != upgrade.Draining || verdict.Hint == "" {
			t.Errorf("%v, want draining", verdict)
		}
	}
	if n := probes.Load(); n != 1 {
		t.Errorf("%d probes, want none after the drain began", n-1)
	}
}

// TestDrainEndsProbes: those under way see their context canceled.
func TestDrainEndsProbes(t *testing.T) {
	drain := newDrain(t)
	started := make(chan struct{})
	ask := drain.Override(Share(func(ctx context.Context) upgrade.Verdict {
		close(started)
		<-ctx.Done()
		return upgrade.NewVerdict(upgrade.Canceled, "canceled")
	}, time.Hour, drain.Lifetime, func() {}))
	go func() { <-started; drain.Begin("test") }()
	if verdict := ask(t.Context()); verdict.Reason != upgrade.Draining {
		t.Errorf("%v, want draining", verdict)
	}
}
