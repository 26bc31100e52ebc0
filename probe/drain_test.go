package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"wshealthz/internal/testbed"
	"wshealthz/upgrade"
)

// newDrain returns a drain of a pod without callers, that waits for two answers and at most 20 s.
func newDrain(t testing.TB, set ...func(*DrainOptions)) *Drain {
	o := DrainOptions{
		Callers: NewCallers(time.Now), Answers: 2, Timeout: 20 * time.Second, Server: func() ServerView { return ServerView{} }, Log: zap.NewNop(),
	}
	for _, f := range set {
		f(&o)
	}
	drain := NewDrain(o)
	t.Cleanup(func() { drain.Terminate("end of the test") })
	return drain
}

func stays() bool { return false }

// TestDrainEnds: after End the server's verdicts are given again, also to those who came to share a probe that the drain ended.
func TestDrainEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		drain := newDrain(t)
		started := make(chan struct{}, 1)
		slow := true
		ask := drain.Override(Share(func(ctx context.Context) upgrade.Verdict {
			if !slow {
				return upgrade.NewVerdict(upgrade.OK, "")
			}
			slow = false
			started <- struct{}{}
			<-ctx.Done()
			time.Sleep(time.Second) // a step that notices late
			return upgrade.NewVerdict(upgrade.Canceled, "interrupted")
		}, 0, drain.Lifetime, func() {}))
		var first, second upgrade.Verdict
		var asked sync.WaitGroup
		asked.Go(func() { first = ask(t.Context()) })
		<-started
		drain.Begin("test")
		if verdict := ask(t.Context()); verdict.Reason != upgrade.Draining {
			t.Errorf("during the drain: %s", verdict.Reason)
		}
		if err := drain.End("test"); err != nil || drain.Draining() {
			t.Errorf("the drain has not ended: %v", err)
		}
		asked.Go(func() { second = ask(t.Context()) })
		asked.Wait()
		if first.Reason != upgrade.Draining || second.Reason != upgrade.OK {
			t.Errorf("who asked before the drain got %s, who asked after it %s; want draining and ok", first.Reason, second.Reason)
		}
	})
}

// TestTerminate: nothing ends the drain of a process that is ending, and who waits for it is answered at once.
func TestTerminate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, begun := range []bool{false, true} {
			drain := newDrain(t)
			outcome := make(chan string)
			go func() { outcome <- drain.Wait(stays) }()
			synctest.Wait()
			if begun {
				drain.Begin("test")
			}
			began := time.Now()
			drain.Terminate("SIGTERM")
			drain.Begin("test")
			if got := <-outcome; got != "not waited for: SIGTERM" || time.Since(began) > 0 {
				t.Errorf("who waits gets %q after %s", got, time.Since(began))
			}
			if err := drain.End("test"); !errors.Is(err, ErrFinal) || !drain.Draining() {
				t.Errorf("the drain was ended: %v", err)
			}
		}
	})
}

// A gateway instance, or somebody else, that asks each interval, the first time after a while.
type asking struct {
	address, agent string
	first, every   time.Duration
	until          time.Duration // since the same; 0: for ever
	back           time.Duration // when it asks again; 0: never
}

func (a asking) asks(at time.Duration) bool {
	if a.back > 0 && at >= a.back {
		return (at-a.back)%a.every == 0
	}
	return at >= a.first && (a.until == 0 || at < a.until) && (at-a.first)%a.every == 0
}

const step = 100 * time.Millisecond

// TestGatewayKnows: when the gateway knows, in seconds after a drain that begins after an hour.
func TestGatewayKnows(t *testing.T) {
	const hour = time.Hour
	second := func(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }
	one := asking{address: "10.225.0.4", first: second(2), every: second(5)} // asks 2, 7, 12 ... s after the drain
	behind := func(n int, apart time.Duration) (list []asking) {
		for i := range n {
			list = append(list, asking{address: "10.225.0.4", first: second(2) + time.Duration(i)*apart, every: second(5)})
		}
		return list
	}
	for name, test := range map[string]struct {
		callers []asking
		answers int
		want    float64
	}{
		"nobody":                  {nil, 2, 5},
		"only kubelets":           {[]asking{{address: "10.1.0.1", agent: "kube-probe/1.37", every: second(10)}, {address: "10.1.0.1", agent: "kube-lifecycle/1.37", every: second(5)}}, 2, 5},
		"one gateway":             {[]asking{one}, 2, 12}, // told at 2 and 7, acts by 12
		"one answer":              {[]asking{one}, 1, 7},
		"three answers":           {[]asking{one}, 3, 17},
		"one that asks each 1 s":  {[]asking{{address: "10.225.0.4", every: second(1), first: second(0.5)}}, 2, 5},
		"one that asks each 30 s": {[]asking{{address: "10.225.0.4", every: second(30), first: second(29)}}, 2, 89},
		"two gateways":            {[]asking{one, {address: "10.225.0.5", first: second(4), every: second(5)}}, 2, 14},
		// Five that ask at different times look like one that asks each second.
		"five behind one address, spread out":         {behind(5, second(1)), 2, 5},
		"five behind one address, at the same moment": {behind(5, 0), 2, 12},
		"five behind one address, all but together":   {behind(5, step), 2, 11.2},
		"one that stopped before":                     {[]asking{{address: "10.225.0.4", every: second(5), until: hour - second(11)}}, 2, 5},
		"one that stopped, and another":               {[]asking{{address: "10.225.0.5", every: second(5), until: hour - second(11)}, one}, 2, 12},
		"one that stops after its first 503":          {[]asking{{address: "10.225.0.4", first: second(2), every: second(5), until: hour + second(3)}}, 2, 12.1},
		"one that came only once":                     {[]asking{{address: "10.225.0.4", every: second(5), first: hour - second(1), until: hour}}, 2, 5},
		// It was away for 10 minutes, and asks each 5 s again since a minute.
		"one that came back before": {[]asking{{address: "10.225.0.4", every: second(5), until: hour - second(660), back: hour - second(58)}}, 2, 12},
		// It stopped asking a minute before, and comes back 3 s after the drain began.
		"one that comes back":          {[]asking{{address: "10.225.0.4", every: second(5), until: hour - second(60), back: hour + second(3)}}, 2, 13},
		"one that comes back too late": {[]asking{{address: "10.225.0.4", every: second(5), until: hour - second(60), back: hour + second(8)}}, 2, 5},
		"a person with a browser":      {[]asking{one, {address: "10.0.0.9", agent: "Mozilla", first: hour - second(20), every: second(3), until: hour - second(16)}}, 2, 12},
	} {
		t.Run(name, func(t *testing.T) {
			var at time.Duration
			start := time.Unix(0, 0)
			callers := NewCallers(func() time.Time { return start.Add(at) })
			for ; at < hour+2*time.Minute; at += step {
				for i, a := range test.callers {
					if !a.asks(at) {
						continue
					}
					status := 200
					if at >= hour {
						status = 503
					}
					callers.Observe(&Request{Peer: netip.AddrPortFrom(netip.MustParseAddr(a.address), uint16(i)), UserAgent: a.agent, Path: "/health", Verdict: true, Status: status})
				}
				if since := at - hour; since >= spreadTime {
					if _, unaware := callers.unaware(test.answers); len(unaware) == 0 {
						if got := since.Seconds(); got != test.want {
							t.Errorf("the gateway knows after %v s, want %v", got, test.want)
						}
						return
					}
				}
			}
			t.Errorf("the gateway never knows, want after %v s", test.want)
		})
	}
}

// TestUnhealthyBeforeTheDrain: a gateway that knows since long is not told again.
func TestUnhealthyBeforeTheDrain(t *testing.T) {
	now := time.Unix(0, 0)
	callers := NewCallers(func() time.Time { return now })
	for _, status := range []int{200, 200, 503, 503, 503} {
		now = now.Add(5 * time.Second)
		callers.Observe(&Request{Peer: netip.MustParseAddrPort("10.225.0.4:1"), Verdict: true, Status: status})
	}
	if counted, unaware := callers.unaware(2); counted != 1 || len(unaware) != 0 {
		t.Errorf("%d callers count, and %d do not know; want 1 and 0", counted, len(unaware))
	}
}

// TestOutcome: what is waited for, for how long, and what is said of it.
func TestOutcome(t *testing.T) {
	listening := func(connected int) func() ServerView {
		return func() ServerView { return ServerView{Known: true, Listening: true, Connected: connected} }
	}
	// leaving returns a server whose 3 users leave after a while, and that ends then if it does.
	leaving := func(after time.Duration, ends bool) func() ServerView {
		start := time.Now()
		return func() ServerView {
			if time.Since(start) < after {
				return ServerView{Known: true, Listening: true, Connected: 3}
			}
			return ServerView{Known: true, Listening: !ends}
		}
	}
	for name, test := range map[string]struct {
		set   func(*DrainOptions)
		every time.Duration // of a gateway; 0: none
		want  string
		took  time.Duration
	}{
		"no gateway":         {func(o *DrainOptions) { o.Server = listening(4) }, 0, "no gateway asks after 5s; 4 connected", 5 * time.Second},
		"a gateway":          {func(*DrainOptions) {}, 4 * time.Second, "the gateway knows after 12s (1 caller had 2 times 503)", 12 * time.Second},
		"a slow gateway":     {func(*DrainOptions) {}, 15 * time.Second, "gave up on the gateway after 20s (10.225.0.4 had 1 of 2 times 503)", 20 * time.Second},
		"a timeout below 5s": {func(o *DrainOptions) { o.Timeout = 2 * time.Second }, 0, "gave up on the gateway after 2s", 2 * time.Second},
		"the server ends":    {func(o *DrainOptions) { o.Server = leaving(7*time.Second, true) }, 4 * time.Second, "the server is gone after 3s; 0 connected", 3 * time.Second},
		"the server ends, and users would be waited for": {func(o *DrainOptions) { o.Server, o.Sessions = leaving(7*time.Second, true), time.Hour }, 4 * time.Second,
			"the server is gone after 3s; nobody is connected after 1s more", 4 * time.Second},
		"who listens is not known for a moment": {func(o *DrainOptions) {
			looks := 0
			o.Server = func() ServerView {
				looks++
				return ServerView{Known: looks != 2, Listening: looks != 2}
			}
		}, 0, "no gateway asks after 5s; 0 connected", 5 * time.Second},
		"users leave": {func(o *DrainOptions) { o.Server, o.Sessions = leaving(30*time.Second, false), time.Minute }, 0,
			"no gateway asks after 5s; nobody is connected after 26s more", 31 * time.Second},
		"users stay": {func(o *DrainOptions) { o.Server, o.Sessions = listening(3), time.Minute }, 0,
			"no gateway asks after 5s; 3 still connected after 1m0s more", 65 * time.Second},
		"users cannot be seen": {func(o *DrainOptions) { o.Sessions = time.Minute }, 0,
			"no gateway asks after 5s; waited 1m0s more, who is connected cannot be seen", 65 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				drain := newDrain(t, test.set)
				verdict := drain.Override(func(context.Context) upgrade.Verdict { return upgrade.NewVerdict(upgrade.OK, "") })
				ask := func() {
					v := verdict(t.Context())
					drain.Callers.Observe(&Request{Peer: netip.MustParseAddrPort("10.225.0.4:1"), Verdict: true, Status: VerdictAnswer(v).Status})
				}
				if test.every > 0 {
					ask()
					time.Sleep(test.every)
					ask()
				}
				outcome, began := make(chan string, 2), time.Now()
				for range 2 {
					go func() { outcome <- drain.Wait(stays) }()
				}
				drain.Begin("test")
				ticker := time.NewTicker(max(test.every, step))
				defer ticker.Stop()
				for {
					select {
					case got := <-outcome:
						if took := time.Since(began); got != test.want || took != test.took || <-outcome != got {
							t.Errorf("%q after %s, want %q after %s for both", got, took, test.want, test.took)
						}
						return
					case <-ticker.C:
						if test.every > 0 {
							ask()
						}
					}
				}
			})
		})
	}
}

// TestDrainStatus: what is shown while the gateway is waited for, then users, and when that is over.
func TestDrainStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var connected atomic.Int32
		connected.Store(1)
		drain := newDrain(t, func(o *DrainOptions) {
			o.Sessions = time.Minute
			o.Server = func() ServerView { return ServerView{Known: true, Listening: true, Connected: int(connected.Load())} }
		})
		expect := func(want string, over bool) {
			t.Helper()
			synctest.Wait()
			if s, draining := drain.Status(); !draining || s.By != "test" || s.Progress != want || s.Over != over {
				t.Errorf("%+v, want %q", s, want)
			}
		}
		if s, draining := drain.Status(); draining {
			t.Errorf("before the drain: %+v", s)
		}
		gateway := &Request{Peer: netip.MustParseAddrPort("10.225.0.4:1"), Verdict: true, Status: 200}
		drain.Callers.Observe(gateway)
		time.Sleep(4 * time.Second)
		drain.Callers.Observe(gateway)
		drain.Begin("test")
		gateway.Status = 503
		time.Sleep(4 * time.Second)
		drain.Callers.Observe(gateway)
		expect("waits for the gateway (10.225.0.4 had 1 of 2 times 503)", false)
		time.Sleep(9 * time.Second) // the gateway has not asked for more than twice its interval
		expect("the gateway stopped asking after 12.1s; waits for users", false)
		connected.Store(0)
		time.Sleep(3 * time.Second)
		expect("the gateway stopped asking after 12.1s; nobody is connected after 2.9s more", true)
	})
}

// TestNotDraining: who waits for a drain that does not begin is answered after 5 s.
func TestNotDraining(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		if got := newDrain(t).Wait(stays); got != "not draining" || time.Since(began) != beginTimeout {
			t.Errorf("%q after %s, want \"not draining\" after %s", got, time.Since(began), beginTimeout)
		}
	})
}

// TestLateDrain: who came up to 5 s before the drain waits for it.
func TestLateDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		drain := newDrain(t)
		time.AfterFunc(beginTimeout-time.Millisecond, func() { drain.Begin("test") })
		if got := drain.Wait(stays); !strings.HasPrefix(got, "no gateway asks") {
			t.Errorf("%q, want what the drain waited for", got)
		}
	})
}

// TestHungUpWaiter: who waits for a drain and hangs up makes room for the next one from the same address, as a kubelet that was
// restarted in the middle of a hook.
func TestHungUpWaiter(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("it is not known there who hung up")
	}
	drain := newDrain(t, func(o *DrainOptions) { o.Sessions = time.Hour })
	drain.Begin("test")
	entered, left := make(chan struct{}, 2), make(chan string, 2)
	server := listen(t, healthy, func(o *Options) {
		o.Wait = func(hungUp func() bool) string {
			entered <- struct{}{}
			outcome := drain.Wait(hungUp)
			left <- outcome
			return outcome
		}
	})
	const request = "GET /drain HTTP/1.1\r\nHost: x\r\n\r\n"
	first := call(t, server)
	io.WriteString(first, request)
	<-entered
	if response, body := call(t, server).send(t, request); response.StatusCode != 503 {
		t.Errorf("a second one from the same address gets %d %q, want 503", response.StatusCode, body)
	}
	first.Close()
	if outcome := <-left; outcome != "not waited for: the caller hung up" {
		t.Errorf("the wait of who hung up ends with %q", outcome)
	}
	testbed.Until(t, "the place is free", func() bool {
		next := call(t, server)
		io.WriteString(next, request)
		answered := make(chan struct{})
		go func() { next.Peek(1); close(answered) }()
		select {
		case <-entered:
			return true
		case <-answered:
			return false
		}
	})
	drain.Terminate("end of the test")
	if outcome := <-left; outcome != "not waited for: end of the test" {
		t.Errorf("the wait of the next one ends with %q", outcome)
	}
}

// TestWaiters: one may wait for each peer, and so many in all.
func TestWaiters(t *testing.T) {
	w := NewWaiters(2)
	peer := func(n int) netip.AddrPort { return netip.MustParseAddrPort(fmt.Sprintf("10.0.0.%d:0", n)) }
	if !w.Enter(peer(1)) || w.Enter(peer(1)) || !w.Enter(peer(2)) || w.Enter(peer(3)) {
		t.Error("not one of each peer, and two in all")
	}
	w.Leave(peer(1))
	if !w.Enter(peer(3)) {
		t.Error("nobody may take the place of one who has left")
	}
}
