package probe

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"wshealthz/upgrade"
)

// TestHistory keeps the last 120 probes and the last failure with what came, and none that was canceled.
func TestHistory(t *testing.T) {
	next := upgrade.Verdict{}
	h := NewHistory(time.Second)
	if _, found := h.Last(); found {
		t.Error("a new history has a last verdict")
	}
	ask := h.Of(func(context.Context) upgrade.Verdict { return next })
	next = upgrade.Verdict{Reason: upgrade.NotHTTP, At: time.Now(), Came: `"SSH-2.0"`, Detail: "first"}
	ask(t.Context())
	for i := range kept + 5 {
		next = upgrade.Verdict{Reason: upgrade.OK, At: time.Now(), Detail: fmt.Sprint(i)}
		ask(t.Context())
		next = upgrade.Verdict{Reason: upgrade.Canceled, At: time.Now()}
		ask(t.Context())
	}
	probes := h.Probes()
	if len(probes) != kept || probes[0].Detail != "5" || probes[kept-1].Detail != fmt.Sprint(kept+4) {
		t.Errorf("%d probes from %q on, want the last %d", len(probes), probes[0].Detail, kept)
	}
	if failure, found := h.Failure(); !found || failure.Came != `"SSH-2.0"` || failure.Detail != "first" {
		t.Errorf("the last failure is %+v", failure)
	}
	if last, _ := h.Last(); last.Reason != upgrade.OK {
		t.Errorf("the last verdict is %v", last.Reason)
	}
}

// TestCallers tells callers apart by address and User-Agent, bounded whatever they send.
func TestCallers(t *testing.T) {
	c := NewCallers(NewHistory(time.Second))
	note := func(peer, agent, path string, status int) {
		r := httptest.NewRequest("GET", "/health", nil)
		r.RemoteAddr, r.URL.Path = peer, path
		r.Header.Set("User-Agent", agent)
		c.note(r, status)
	}
	note("10.0.0.4:1", "", "/health", 200)
	note("[::ffff:10.0.0.4]:2", "", "/healthz", 404)
	note("10.0.0.4:3", "kube-probe/1.37", "/health", 503)
	if gateway, last := c.LastGateway(), c.Last(); !gateway.Before(last) {
		t.Errorf("the kubelet's request at %s counts as a gateway's at %s", last, gateway)
	}
	list := c.List()
	if len(list) != 2 || list[0].UserAgent != "kube-probe/1.37" || list[1].Requests != 2 || list[1].Status != 404 || list[1].Path != "/healthz" {
		t.Errorf("callers %+v", list)
	}
	for i := range 3 * maxCallers {
		note(fmt.Sprintf("10.1.%d.%d:1", i/250, i%250), strings.Repeat("x", 5000), "/"+strings.Repeat("y", 5000), 404)
	}
	list = c.List()
	if len(list) != maxCallers {
		t.Errorf("%d callers are kept, want %d", len(list), maxCallers)
	}
	for _, who := range list {
		if len(who.UserAgent) > maxText || len(who.Path) > maxText || len(who.Host) > maxText {
			t.Fatalf("%d bytes of a User-Agent are kept, %d of a path", len(who.UserAgent), len(who.Path))
		}
		if who.Address == "10.0.0.4" {
			t.Error("the caller that was away for longest is still there")
		}
	}
	if every := (Caller{Requests: 3, First: time.Unix(0, 0), Last: time.Unix(10, 0)}).Every(); every != 5*time.Second {
		t.Errorf("three requests in ten seconds are one every %s, want 5s", every)
	}
}
