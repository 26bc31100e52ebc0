package admin

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"time"

	"wshealthz/probe"
)

// TestRefusedCallers are listed with what was wrong, apart from good requests of the same address, on the page too.
func TestRefusedCallers(t *testing.T) {
	o := stage(t, scenes[0])
	o.Callers = probe.NewCallers(time.Now)
	for _, r := range []probe.Request{
		{Host: "x", Path: "/health", Status: 200},
		{Status: 400, Wrong: "PROXY protocol"},
		{Status: 400, Wrong: `not an HTTP request: "\x00<b>\u202e"`},
		{Status: 0, Wrong: "TLS handshake: remote error: tls: bad certificate"},
		{Status: 400, Wrong: "PROXY protocol"},
	} {
		r.Peer = netip.MustParseAddrPort("10.0.0.1:5000")
		o.Callers.Observe(&r)
	}
	var status struct {
		Callers []struct {
			Wrong    string
			Answer   int `json:"lastAnswer"`
			Requests int
		}
	}
	if err := json.Unmarshal(view(o, "GET", "/status", local).Body.Bytes(), &status); err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, c := range status.Callers {
		got[c.Wrong] = c.Answer*10 + c.Requests
	}
	want := map[string]int{"": 2001, "PROXY protocol": 4002, `not an HTTP request: "\x00<b>\u202e"`: 4001, "TLS handshake: remote error: tls: bad certificate": 1}
	for wrong, n := range want {
		if got[wrong] != n {
			t.Errorf("%q: %d, want answer and requests %d", wrong, got[wrong], n)
		}
	}
	page := view(o, "GET", "/", local).Body.String()
	for _, text := range []string{"PROXY protocol", "TLS handshake: remote error", ">none<", "&lt;b&gt;"} {
		if !strings.Contains(page, text) {
			t.Errorf("the page does not show %q", text)
		}
	}
	if strings.Count(page, "like Application Gateway") != 1 {
		t.Error("a refused request is shown as one of Application Gateway")
	}
}
