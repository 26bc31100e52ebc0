package admin

import (
	"net/netip"
	"testing"
	"time"

	"wshealthz/probe"
)

// TestDrainConditions: a request that would drain, and what breaks each of its conditions.
func TestDrainConditions(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*probe.Request)
		status int
	}{
		"all hold":                     {func(*probe.Request) {}, 200},
		"loopback of IPv6":             {func(r *probe.Request) { r.Peer, r.Local, r.Host = addr("[::1]:1"), addr("[::1]:10102"), "[::1]:10102" }, 200},
		"IPv4 mapped into IPv6":        {func(r *probe.Request) { r.Peer, r.Local = addr("[::ffff:127.0.0.1]:1"), addr("[::ffff:127.0.0.1]:2") }, 200},
		"a Host without a port":        {func(r *probe.Request) { r.Host = "localhost" }, 200},
		"a name below localhost":       {func(r *probe.Request) { r.Host = "chat.LOCALHOST:1" }, 200},
		"a peer elsewhere":             {func(r *probe.Request) { r.Peer = addr("10.0.0.1:1") }, 404},
		"no peer":                      {func(r *probe.Request) { r.Peer = netip.AddrPort{} }, 404},
		"a Host of another name":       {func(r *probe.Request) { r.Host = "attacker.example:10102" }, 403},
		"a Host that begins localhost": {func(r *probe.Request) { r.Host = "localhost.attacker.example" }, 403},
		"a Host that is an address":    {func(r *probe.Request) { r.Host = "10.0.0.1:10102" }, 403},
		"no Host":                      {func(r *probe.Request) { r.Host = "" }, 403},
		"a local address elsewhere":    {func(r *probe.Request) { r.Local = addr("10.0.0.1:10102") }, 403},
		"an Origin":                    {func(r *probe.Request) { r.Origin = true }, 403},
		"a Sec-Fetch-Site":             {func(r *probe.Request) { r.FetchSite = true }, 403},
		"GET":                          {func(r *probe.Request) { r.Method = "GET" }, 405},
		"HEAD":                         {func(r *probe.Request) { r.Method = "HEAD" }, 405},
		"PUT":                          {func(r *probe.Request) { r.Method = "PUT" }, 405},
		"POST elsewhere":               {func(r *probe.Request) { r.Path = "/status" }, 405},
	} {
		for _, method := range []string{"POST", "DELETE"} {
			drain := new(recordedDrain)
			h := newHandler(stage(t, scene{set: func(s *staged) { s.Drain = drain }}))
			r := &probe.Request{Method: method, Path: "/drain", Host: "127.0.0.1:10102", Peer: addr("127.0.0.1:40000"), Local: addr("127.0.0.1:10102")}
			test.change(r)
			answer := h.answer(r)
			if changed := drain.begun || drain.ended; answer.Status != test.status || changed != (test.status == 200) {
				t.Errorf("%s with %s: %d %q, and it drains or serves: %t; want %d", method, name, answer.Status, answer.Body, changed, test.status)
			}
		}
	}
}

func addr(text string) netip.AddrPort { return netip.MustParseAddrPort(text) }

// A recordedDrain records what was called.
type recordedDrain struct{ begun, ended bool }

func (d *recordedDrain) Begin(string)                    { d.begun = true }
func (d *recordedDrain) End(string) error                { d.ended = true; return nil }
func (d *recordedDrain) Wait(func() bool) (string, bool) { return "waited", true }
func (d *recordedDrain) Status() (probe.DrainStatus, bool) {
	return probe.DrainStatus{By: "wshealthz drain", Began: time.Now().Add(-12 * time.Second), Progress: "waits for the gateway (10.225.0.5 had 1 of 2 times 503)"}, d.begun
}

// TestLoopbackHost: everything but metrics and liveness is for a Host of loopback alone.
func TestLoopbackHost(t *testing.T) {
	h := newHandler(stage(t, scenes[0]))
	for path, status := range map[string]int{"/": 403, "/status": 403, "/drain": 403, "/metrics": 200, "/livez": 200, "/health": 404} {
		r := &probe.Request{Method: "GET", Path: path, Host: "rebound.example:10102", Peer: addr("127.0.0.1:40000"), Local: addr("127.0.0.1:10102")}
		if answer := h.answer(r); answer.Status != status {
			t.Errorf("%s for another Host gets %d %q, want %d", path, answer.Status, answer.Body, status)
		}
		r.Host = "localhost"
		if answer := h.answer(r); answer.Status == 403 {
			t.Errorf("%s for localhost gets %d %q", path, answer.Status, answer.Body)
		}
	}
}
