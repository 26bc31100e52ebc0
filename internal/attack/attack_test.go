//go:build linux

package main

import (
	"testing"
	"time"
)

func at(ms int) time.Time { return time.UnixMilli(1_000_000 + int64(ms)) }

func span(from, to int) window { return window{at(from), at(to)} }

func TestLate(t *testing.T) {
	for _, test := range []struct {
		name            string
		asked, answered int // ms
		stops, flights  []window
		want            time.Duration
	}{
		{name: "at once", asked: 0, answered: 2, want: 2 * time.Millisecond},
		{name: "a flight was under way", asked: 500, answered: 1003, flights: []window{span(0, 1000)}, want: 3 * time.Millisecond},
		{name: "a flight began for it", asked: 500, answered: 1503, flights: []window{span(501, 1501)}, want: 2 * time.Millisecond},
		{name: "answered a moment before the server saw the end", asked: 500, answered: 999, flights: []window{span(0, 1000)}, want: 0},
		{name: "kept out until the next flight ended", asked: 500, answered: 2000, flights: []window{span(0, 400), span(1000, 2000)}, want: 1500 * time.Millisecond},
		{name: "kept out beyond its flight", asked: 500, answered: 2001, flights: []window{span(0, 1000), span(1500, 2000)}, want: 1001 * time.Millisecond},
		{name: "stopped when it asked", asked: 500, answered: 4010, stops: []window{span(100, 4000)}, want: 10 * time.Millisecond},
		{name: "stopped in its flight", asked: 500, answered: 4010, stops: []window{span(550, 4000)}, flights: []window{span(501, 651)}, want: 10 * time.Millisecond},
		{name: "stopped, then a flight", asked: 500, answered: 4160, stops: []window{span(100, 4000)}, flights: []window{span(4005, 4155)}, want: 5 * time.Millisecond},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := answer{asked: at(test.asked), answered: at(test.answered)}
			if got := a.late(test.stops, test.flights); got != test.want {
				t.Errorf("late by %v, want %v", got, test.want)
			}
		})
	}
}

func TestAnswersAreJudged(t *testing.T) {
	right := answer{asked: at(0), answered: at(10), status: 200, body: "ok\n"}
	late, wrong, none := right, right, right
	late.answered = at(400)
	wrong.status, wrong.body = 503, "dial: refused\n"
	none.answered = time.Time{}
	a := &arena{attack: &attack{}, run: &run{options: &options{within: 300 * time.Millisecond}}, server: &server{}, gateway: &gateway{stopped: at(1000)}}
	var got result
	a.judgeAnswers([]answer{right, late, wrong, none, right}, &got)
	if got.Slowest != time.Second {
		t.Errorf("the slowest took %v, want the 1 s until the gateway did not wait any longer", got.Slowest)
	}
	if got.Asked != 5 || got.Right != 2 || len(got.Failures) != 3 {
		t.Errorf("%d of %d right, failures %q, want 2 of 5 and one failure each for late, not answered and wrong", got.Right, got.Asked, got.Failures)
	}
}

// Each load must be one that can fail: an attack that did nothing would pass everything else.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range attacks() {
		if seen[a.name] {
			t.Errorf("two attacks are called %q", a.name)
		}
		seen[a.name] = true
		if a.alone == nil && a.meanwhile == nil && a.least == (load{}) {
			t.Errorf("%s: nothing says how much load there must be", a.name)
		}
		if a.play != nil && a.least == (load{}) {
			t.Errorf("%s: callers without a least load", a.name)
		}
	}
}

func TestTogether(t *testing.T) {
	one, two, three, four := &attack{}, &attack{together: "a"}, &attack{together: "a"}, &attack{together: "b"}
	all := []*attack{one, two, three, four}
	var sizes []int
	for len(all) > 0 {
		n := len(together(all))
		sizes = append(sizes, n)
		all = all[n:]
	}
	if len(sizes) != 3 || sizes[1] != 2 {
		t.Errorf("groups of %v, want 1, 2 and 1", sizes)
	}
}

// The behavior counts from the next handshake on.
func TestServer(t *testing.T) {
	server, err := startServer()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	g := gateway{address: server.Addr().String()}
	for _, want := range []int{101, 403} {
		server.set(healthy)
		if want == 403 {
			server.set(flapping) // refuses the second
		}
		if status, _, err := g.get("/", "test"); status != want {
			t.Errorf("status %d (%v), want %d", status, err, want)
		}
	}
}
