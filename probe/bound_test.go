package probe

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"wshealthz/upgrade"
)

const budget = 3 * time.Second

// expectLate wants the verdict on a probe that did not end, this long after began.
func expectLate(t *testing.T, verdict upgrade.Verdict, began time.Time, after time.Duration) {
	t.Helper()
	if verdict.Reason != upgrade.Internal || verdict.Detail != "the probe did not end within its budget of 3s" || verdict.Hint == "" || time.Since(began) != after {
		t.Errorf("%v after %v, want internal after %v", verdict, time.Since(began), after)
	}
}

// TestStuckProbe: it holds nobody longer than its budget and the margin, however many callers share it. The next caller's probe is
// another, until too many are stuck; what one says when it ends at last is dropped.
func TestStuckProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var probes, running atomic.Int32
		var stuck atomic.Bool
		stuck.Store(true)
		release := make(chan struct{})
		ask := Share(Bound(func(ctx context.Context) upgrade.Verdict {
			probes.Add(1)
			running.Add(1)
			defer running.Add(-1)
			if stuck.Load() {
				<-release
				return upgrade.NewVerdict(upgrade.Refused, "late")
			}
			return healthy(ctx)
		}, budget, zap.NewNop()), 0, background, func() {})
		for range maxStuck {
			var callers sync.WaitGroup
			began := time.Now()
			for range 20 {
				callers.Go(func() { expectLate(t, ask(t.Context()), began, budget+boundMargin) })
			}
			callers.Wait()
			time.Sleep(time.Nanosecond) // a verdict of this moment would be shared
		}
		for range 20 {
			time.Sleep(time.Nanosecond)
			expectLate(t, ask(t.Context()), time.Now(), 0)
		}
		if n := running.Load(); n != maxStuck || probes.Load() != n {
			t.Errorf("%d of %d probes run, want %d", n, probes.Load(), maxStuck)
		}
		stuck.Store(false)
		release <- struct{}{}
		synctest.Wait()
		for range 3 {
			time.Sleep(time.Nanosecond)
			if verdict := ask(t.Context()); !verdict.Healthy() {
				t.Errorf("%v after one has ended, want ok", verdict)
			}
		}
		close(release)
		synctest.Wait()
		if n := running.Load(); n != 0 {
			t.Errorf("%d probes still run", n)
		}
	})
}

// TestLateVerdict counts when it comes within the margin, as after a pause of the process.
func TestLateVerdict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ask := Bound(func(ctx context.Context) upgrade.Verdict {
			time.Sleep(budget + boundMargin - time.Millisecond)
			return healthy(ctx)
		}, budget, zap.NewNop())
		for range 3 {
			if verdict := ask(t.Context()); !verdict.Healthy() {
				t.Errorf("%v, want ok", verdict)
			}
		}
	})
}

// TestDrainDuringAStuckProbe: nobody waits for that.
func TestDrainDuringAStuckProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		drain, release := newDrain(t), make(chan struct{})
		defer close(release)
		ask := drain.Override(Share(Bound(func(context.Context) upgrade.Verdict {
			<-release
			return upgrade.Verdict{}
		}, budget, zap.NewNop()), 0, drain.Lifetime, func() {}))
		time.AfterFunc(time.Second, func() { drain.Begin("test") })
		var callers sync.WaitGroup
		began := time.Now()
		for range 20 {
			callers.Go(func() {
				if verdict := ask(t.Context()); verdict.Reason != upgrade.Draining || time.Since(began) != time.Second+cancelMargin {
					t.Errorf("%v after %v, want draining after %v", verdict, time.Since(began), time.Second+cancelMargin)
				}
			})
		}
		callers.Wait()
	})
}

// TestCanceledProbe: its own verdict counts when it ends soon after the cancel, and only then is none of its own made.
func TestCanceledProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for delay, want := range map[time.Duration]string{cancelMargin / 2: "its own", time.Hour: "interrupted"} {
			ask := Bound(func(ctx context.Context) upgrade.Verdict {
				<-ctx.Done()
				time.Sleep(delay)
				return upgrade.NewVerdict(upgrade.Canceled, "its own")
			}, budget, zap.NewNop())
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if verdict := ask(ctx); verdict.Reason != upgrade.Canceled || verdict.Detail != want {
				t.Errorf("%v, want canceled: %s", verdict, want)
			}
		}
		time.Sleep(2 * time.Hour) // until both have ended
	})
}

// TestPanic is a verdict and a stack in the log, and the next probe is one like any other.
func TestPanic(t *testing.T) {
	core, lines := observer.New(zap.InfoLevel)
	panics := true
	ask := Bound(func(ctx context.Context) upgrade.Verdict {
		if panics {
			panic("on purpose")
		}
		return healthy(ctx)
	}, time.Hour, zap.New(core))
	if verdict := ask(t.Context()); verdict.Reason != upgrade.Internal || verdict.Detail != "panic in a probe: on purpose" {
		t.Errorf("%v, want internal", verdict)
	}
	if lines := lines.TakeAll(); len(lines) != 1 || !strings.Contains(lines[0].ContextMap()["stack"].(string), "TestPanic") {
		t.Errorf("logged %v, want the stack", lines)
	}
	panics = false
	if verdict := ask(t.Context()); !verdict.Healthy() {
		t.Errorf("%v, want ok", verdict)
	}
}

// BenchmarkFlight is what stands around a probe that nobody shares; BenchmarkBoundFlight with a bound too.
func BenchmarkFlight(b *testing.B)      { benchmarkFlight(b, healthy) }
func BenchmarkBoundFlight(b *testing.B) { benchmarkFlight(b, Bound(healthy, time.Hour, zap.NewNop())) }

func benchmarkFlight(b *testing.B, probe Probe) {
	ask := Share(probe, 0, background, func() {})
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		if v := ask(ctx); !v.Healthy() {
			b.Fatal(v)
		}
	}
}
