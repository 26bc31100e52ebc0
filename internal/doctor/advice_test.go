package main

import (
	"strings"
	"testing"

	"wshealthz/probe"
)

func TestGatewayWord(t *testing.T) {
	for _, c := range []struct {
		verdict string
		status  int
		listens probe.Listens
		want    string
		good    bool
	}{
		{"pass", 200, probe.ListensOutside, "healthy, though it says nothing of the handshake", true},
		{"pass", 399, "", "healthy, though it says nothing of the handshake", true},
		{"fail", 200, "", "healthy, though no WebSocket client is served", false},
		{"pass", 400, probe.ListensOutside, "unhealthy and users get 502", false},
		{"fail", 0, "", "unhealthy and users get 502", false},
		{"pass", 101, "", "unhealthy and users get 502", false},
		{"pass", 204, probe.ListensLoopback, "unhealthy all the same and users get 502: it cannot reach the server", false},
	} {
		d := &diagnosis{Status: c.verdict, Listens: c.listens, PlainGet: &plainAnswer{Status: c.status}}
		if word, good := d.gatewayWord(); !strings.HasSuffix(word, " would call this pod "+c.want) || good != c.good {
			t.Errorf("%+v: %s, %v", c, word, good)
		}
	}
}
