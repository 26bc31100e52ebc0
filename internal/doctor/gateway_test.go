package doctor

import (
	"net/url"
	"strings"
	"testing"

	"wshealthz/upgrade"
)

// TestProtocolNote: the protocol is the health listener's, with a note where the target's is another, because the gateway
// speaks the same to both.
func TestProtocolNote(t *testing.T) {
	for _, c := range []struct {
		scheme string
		tls    bool
		want   string
	}{
		{"ws", false, "http"},
		{"wss", true, "https"},
		{"wss", false, "http # the server speaks TLS (wss://): for a gateway that does so too, set WSHEALTHZ_SERVE_CERT_FILE and WSHEALTHZ_SERVE_KEY_FILE, then https"},
		{"ws", true, "https # the gateway then speaks https to the server too, and the target is ws://"},
	} {
		target := &upgrade.Target{URL: &url.URL{Scheme: c.scheme, Host: "localhost:8888"}}
		list := NewReport(target, NewGateway(":10101", "/health", c.tls, 0), "").Gateway.Annotations()
		if got, want := YAML(list)[0], "appgw.ingress.kubernetes.io/backend-protocol: "+c.want; got != want {
			t.Errorf("%s, health listener over TLS %v: %q, want %q", c.scheme, c.tls, got, want)
		}
		for _, a := range list[1:] {
			if a.Note != "" || strings.Contains(a.Value, "#") {
				t.Errorf("%s has the note %q", a.Name, a.Note)
			}
		}
	}
}
