package admin

import (
	"strings"
	"testing"

	"wshealthz/internal/doctor"
)

// TestSessions: each view shows how many users are connected, or that it is not known, and looks at the sockets once.
func TestSessions(t *testing.T) {
	for _, c := range []struct {
		sockets Sockets
		want    map[string]string
	}{
		{socketsOf(doctor.ListeningOutside, 217)(), map[string]string{
			"/": "<dt>Users connected to the server</dt><dd>217</dd>", "/status": `"sessions":217,`, "/metrics": "\nwshealthz_sessions 217\n",
		}},
		{socketsOf(doctor.ListeningUnknown, 0)(), map[string]string{
			"/": "<dt>Users connected to the server</dt><dd>0</dd>", "/status": `"sessions":0,`, "/metrics": "\nwshealthz_sessions 0\n",
		}},
		{Sockets{}, map[string]string{
			"/": "<dt>Users connected to the server</dt><dd>not known: no server is seen in this pod</dd>", "/status": `"sessions":null,`, "/metrics": "",
		}},
	} {
		looks := 0
		_, o := recorded(t, healthy, func(o *Options) {
			o.Sockets = func() Sockets {
				looks++
				return c.sockets
			}
		})
		for path, want := range c.want {
			looks = 0
			body := view(o, "GET", path, local).Body.String()
			if compact := strings.ReplaceAll(body, `": `, `":`); !strings.Contains(compact, want) {
				t.Errorf("%s does not show %q", path, want)
			}
			if looks != 1 {
				t.Errorf("%s looked %d times at the sockets", path, looks)
			}
			if path == "/metrics" && want == "" && strings.Contains(body, "wshealthz_sessions") {
				t.Error("what is not known is in /metrics")
			}
		}
		statusOf(t, o) // is valid by its schema
	}
}
