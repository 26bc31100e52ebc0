package admin

import (
	"net/netip"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"wshealthz/probe"
)

// A counted renderer answers with the number of renderings so far.
type counted struct {
	renderer
	made     int
	takes    time.Duration
	isDrain  bool
	rendered time.Duration // in all
}

func newCounted() *counted {
	c := &counted{}
	c.renderer = renderer{one: new(sync.Mutex), last: map[bool]*rendering{}, draining: func() bool { return c.isDrain }}
	c.render = func(*probe.Request) probe.Answer {
		c.made++
		time.Sleep(c.takes)
		c.rendered += c.takes
		return document("text/plain", []byte(strconv.Itoa(c.made)), "")
	}
	return c
}

// ask returns the number of the rendering that a GET gets.
func (c *counted) ask(t *testing.T, target string) int {
	t.Helper()
	path, query, _ := strings.Cut(target, "?")
	number, err := strconv.Atoi(string(c.answer(&probe.Request{Method: "GET", Path: path, Query: query}).Body))
	if err != nil {
		t.Fatal(err)
	}
	return number
}

// TestRenderingIsFresh: a request now and then, or thirty in a burst, sees what happened before.
func TestRenderingIsFresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounted()
		want := 0
		for range 5 {
			for range renderingCredit / renderingInterval {
				if want++; c.ask(t, "/") != want {
					t.Fatalf("request %d gets an old rendering", want)
				}
			}
			time.Sleep(renderingCredit)
		}
	})
}

// TestRenderingIsBounded: a flood gets ten a second, each for as long as the next one is not due, and a tenth of a core
// where they cost more; after it everybody is soon served as before.
func TestRenderingIsBounded(t *testing.T) {
	const flood = 20 * time.Second
	for _, takes := range []time.Duration{0, time.Millisecond, 10 * time.Millisecond, 40 * time.Millisecond} {
		t.Run(takes.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCounted()
				c.takes = takes
				for end := time.Now().Add(flood); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
					c.ask(t, "/metrics")
				}
				if most := int((flood + renderingCredit) / renderingInterval); c.made > most+1 {
					t.Errorf("%d renderings, want at most %d", c.made, most)
				}
				if most := (flood + renderingCredit + time.Second) / renderingShare; c.rendered > most {
					t.Errorf("%v for renderings of %v, want at most %v", c.rendered, takes, most)
				}
				if least := int(flood / max(renderingInterval, renderingShare*takes)); c.made < least {
					t.Errorf("%d renderings, want at least %d", c.made, least)
				}
				time.Sleep(renderingCredit + renderingMaxAge)
				for range 2 {
					if made := c.made; c.ask(t, "/metrics") != made+1 {
						t.Error("after the flood an old rendering is given")
					}
				}
			})
		})
	}
}

// TestRenderingEnds: nothing older than a second is given, however much a rendering costs.
func TestRenderingEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounted()
		c.takes = 2 * time.Second
		c.ask(t, "/")
		c.ask(t, "/")
		if c.made != 2 {
			t.Fatalf("%d renderings, want 2", c.made)
		}
		c.takes = 0
		if c.ask(t, "/"); c.made != 3 {
			t.Error("a rendering of two seconds ago is given again")
		}
		time.Sleep(renderingMaxAge - time.Nanosecond)
		if c.ask(t, "/"); c.made != 3 {
			t.Error("a rendering of a second ago is not given again, although it costs too much")
		}
		time.Sleep(time.Nanosecond)
		if c.ask(t, "/"); c.made != 4 {
			t.Error("a rendering of more than a second ago is given again")
		}
		c.takes = 2 * time.Second
		for range 100 {
			c.ask(t, "/")
		}
		c.takes = 0
		time.Sleep(renderingCredit + renderingMaxAge)
		if made := c.made; c.ask(t, "/") != made+1 || c.ask(t, "/") != made+2 {
			t.Error("long after what cost too much an old rendering is given")
		}
	})
}

// TestRenderingOfDrain: when a drain begins or ends nobody is given the state before, not in a flood either.
func TestRenderingOfDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounted()
		for range 1000 {
			c.ask(t, "/status")
		}
		for range 2 {
			made := c.made
			if c.ask(t, "/status"); c.made != made {
				t.Fatal("there is no flood")
			}
			c.isDrain = !c.isDrain
			if c.ask(t, "/status"); c.made != made+1 {
				t.Error("the state before is given")
			}
		}
	})
}

// TestRenderingOfHead: HEAD gets the same rendering, whose body the server leaves out, and a page that is held is not the one that refreshes.
func TestRenderingOfHead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounted()
		for range 1000 {
			c.ask(t, "/")
		}
		made := c.made
		if answer := c.answer(&probe.Request{Method: "HEAD", Path: "/"}); c.made != made || string(answer.Body) != strconv.Itoa(made) {
			t.Errorf("%d renderings, HEAD gets %q", c.made, answer.Body)
		}
		if first := c.ask(t, "/?hold"); first != made+1 || c.ask(t, "/?hold") != first || c.ask(t, "/?x") != made {
			t.Errorf("a held page gets rendering %d, want one of its own", first)
		}
	})
}

// TestOneRenderingAtATime: of all paths and for all callers.
func TestOneRenderingAtATime(t *testing.T) {
	o := stage(t, scenes[0])
	var under, made atomic.Int32
	o.CallerConnections = func() int { // every rendering asks for it
		made.Add(1)
		if under.Add(1) > 1 {
			t.Error("two renderings at a time")
		}
		defer under.Add(-1)
		runtime.Gosched()
		return 0
	}
	h := newHandler(o)
	var callers sync.WaitGroup
	for i := range 31 {
		callers.Go(func() {
			for n := range 20 {
				request := &probe.Request{Method: "GET", Path: []string{"/", "/status", "/metrics", "/"}[(i+n)%4], Peer: netip.MustParseAddrPort(local), Host: "localhost"}
				if (i+n)%4 == 3 {
					request.Query = "hold"
				}
				if answer := h.answer(request); answer.Status != 200 || len(answer.Body) < 1000 {
					t.Errorf("%d and %d bytes", answer.Status, len(answer.Body))
				}
			}
		})
	}
	callers.Wait()
	if made.Load() >= 31*20 {
		t.Errorf("%d renderings for %d requests", made.Load(), 31*20)
	}
}
