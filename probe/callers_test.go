package probe

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// TestCallers: callers are told apart by address and User-Agent, bounded whatever they send.
func TestCallers(t *testing.T) {
	c := NewCallers(time.Now)
	observe := func(peer, agent, path string, status int) {
		c.Observe(&Request{Peer: netip.MustParseAddrPort(peer), UserAgent: agent, Path: path, Status: status})
	}
	observe("10.0.0.4:1", "", "/health", 200)
	observe("[::ffff:10.0.0.4]:2", "", "/healthz", 404)
	observe("10.0.0.4:3", "kube-probe/1.37", "/health", 503)
	if gateway, last := c.LastGateway(), c.LastRequest(); !gateway.Before(last) {
		t.Errorf("the kubelet's request at %s counts as a gateway's at %s", last, gateway)
	}
	list := c.List()
	if len(list) != 2 || list[0].UserAgent != "kube-probe/1.37" || list[1].Requests != 2 || list[1].Status != 404 || list[1].Path != "/healthz" {
		t.Errorf("callers %+v", list)
	}
	for i := range 3 * maxCallers {
		observe(fmt.Sprintf("10.1.%d.%d:1", i/250, i%250), strings.Repeat("x", 5000), "/"+strings.Repeat("y", 5000), 404)
	}
	list = c.List()
	if len(list) != maxCallers {
		t.Errorf("%d callers are kept, want %d", len(list), maxCallers)
	}
	for _, caller := range list {
		if len(caller.UserAgent) > MaxCallerText || len(caller.Path) > MaxCallerText || len(caller.Host) > MaxCallerText {
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
