package doctor

import (
	"strings"
	"testing"

	"wshealthz/upgrade"
)

func TestGatewayWithoutUs(t *testing.T) {
	for _, c := range []struct {
		reason    upgrade.Reason
		status    int
		listening Listening
		want      string
		fine      bool
	}{
		{upgrade.OK, 200, ListeningOutside, "healthy, though that says nothing about the handshake", true},
		{upgrade.OK, 399, ListeningUnknown, "healthy, though that says nothing about the handshake", true},
		{upgrade.BadStatus, 200, ListeningUnknown, "healthy, though no WebSocket client is served", false},
		{upgrade.OK, 400, ListeningOutside, "unhealthy and users get 502", false},
		{upgrade.Refused, 0, ListeningUnknown, "unhealthy and users get 502", false},
		{upgrade.OK, 101, ListeningUnknown, "unhealthy and users get 502", false},
		{upgrade.OK, 204, ListeningLoopback, "unhealthy all the same and users get 502: it cannot reach the server", false},
	} {
		r := &Report{Verdict: upgrade.NewVerdict(c.reason, ""), Listening: c.listening, PlainGet: &upgrade.PlainResponse{Status: c.status}}
		if text, fine := r.gatewayWithoutUs(); !strings.HasSuffix(text, " would call this pod "+c.want) || fine != c.fine {
			t.Errorf("%+v: %s, %v", c, text, fine)
		}
	}
}
