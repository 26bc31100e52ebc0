package admin

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"wshealthz/probe"
	"wshealthz/upgrade"
)

// TestHistory: the last 120 probes are recorded, and the last failure with what was received, but nothing that was canceled.
func TestHistory(t *testing.T) {
	next := upgrade.Verdict{}
	h := NewHistory(time.Second)
	if last := h.last(); !last.At.IsZero() {
		t.Error("a new history has a last verdict")
	}
	record := h.Record(func(context.Context) upgrade.Verdict { return next })
	next = upgrade.Verdict{Reason: upgrade.NotHTTP, At: time.Now(), Received: upgrade.Excerpt{Bytes: []byte("SSH-2.0")}, Detail: "first"}
	record(t.Context())
	for i := range maxHistory + 5 {
		next = upgrade.Verdict{Reason: upgrade.OK, At: time.Now(), Detail: fmt.Sprint(i)}
		record(t.Context())
		next = upgrade.Verdict{Reason: upgrade.Canceled, At: time.Now()}
		record(t.Context())
	}
	probes := h.list()
	if len(probes) != maxHistory || probes[0].Detail != "5" || probes[maxHistory-1].Detail != fmt.Sprint(maxHistory+4) {
		t.Errorf("%d probes from %q on, want the last %d", len(probes), probes[0].Detail, maxHistory)
	}
	if failure := h.lastFailure(); failure.Received.String() != `"SSH-2.0"` || failure.Detail != "first" {
		t.Errorf("the last failure is %+v", failure)
	}
	if last := h.last(); last.Reason != upgrade.OK {
		t.Errorf("the last verdict is %v", last.Reason)
	}
}

// TestCallers: callers are told apart by address and User-Agent, bounded whatever they send.
func TestCallers(t *testing.T) {
	c := NewCallers()
	observe := func(peer, agent, path string, status int) {
		c.Observe(&probe.Request{Peer: netip.MustParseAddrPort(peer), UserAgent: agent, Path: path, Status: status})
	}
	observe("10.0.0.4:1", "", "/health", 200)
	observe("[::ffff:10.0.0.4]:2", "", "/healthz", 404)
	observe("10.0.0.4:3", "kube-probe/1.37", "/health", 503)
	if gateway, last := c.lastGateway(), c.lastRequest(); !gateway.Before(last) {
		t.Errorf("the kubelet's request at %s counts as a gateway's at %s", last, gateway)
	}
	list := c.list()
	if len(list) != 2 || list[0].UserAgent != "kube-probe/1.37" || list[1].Requests != 2 || list[1].Status != 404 || list[1].Path != "/healthz" {
		t.Errorf("callers %+v", list)
	}
	for i := range 3 * maxCallers {
		observe(fmt.Sprintf("10.1.%d.%d:1", i/250, i%250), strings.Repeat("x", 5000), "/"+strings.Repeat("y", 5000), 404)
	}
	list = c.list()
	if len(list) != maxCallers {
		t.Errorf("%d callers are kept, want %d", len(list), maxCallers)
	}
	for _, caller := range list {
		if len(caller.UserAgent) > maxText || len(caller.Path) > maxText || len(caller.Host) > maxText {
			t.Fatalf("%d bytes of a User-Agent are kept, %d of a path", len(caller.UserAgent), len(caller.Path))
		}
		if caller.Address == netip.MustParseAddr("10.0.0.4") {
			t.Error("the caller that was away for longest is still there")
		}
	}
	if every := (Caller{Requests: 3, First: time.Unix(0, 0), Last: time.Unix(10, 0)}).Every(); every != 5*time.Second {
		t.Errorf("three requests in ten seconds are one every %s, want 5s", every)
	}
}
