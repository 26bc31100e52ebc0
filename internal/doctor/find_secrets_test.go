package doctor

import (
	"context"
	"crypto/tls"
	"net/url"
	"testing"

	"wshealthz/upgrade"
)

// TestFindExposesNoSecrets: with TLS and a verified certificate, what may be secret goes to nobody else, except on loopback.
func TestFindExposesNoSecrets(t *testing.T) {
	fields := func() []upgrade.Field { return []upgrade.Field{{Name: "Cookie", Value: "s3cret"}} }
	for _, c := range []struct {
		target     string
		fields     func() []upgrade.Field
		dialogue   *upgrade.Dialogue
		skipVerify bool
		exposed    bool
	}{
		{"wss://192.0.2.1/?s3cret", nil, nil, false, true},
		{"wss://192.0.2.1/", fields, nil, false, true},
		{"wss://192.0.2.1/", nil, &upgrade.Dialogue{Secret: true}, false, true},
		{"wss://192.0.2.1/", nil, upgrade.Ping(), false, false},
		{"wss://192.0.2.1/?s3cret", nil, nil, true, false},
		{"ws://192.0.2.1/?s3cret", nil, nil, false, false},
		{"wss://localhost/?s3cret", nil, nil, false, false},
		{"wss://127.0.0.1/?s3cret", nil, nil, false, false},
	} {
		u, err := url.Parse(c.target)
		if err != nil {
			t.Fatal(err)
		}
		target := &upgrade.Target{URL: u, Fields: c.fields, Dialogue: c.dialogue, TLS: func() *tls.Config { return &tls.Config{InsecureSkipVerify: c.skipVerify} }}
		configured := 0
		f := newFinder(context.Background(), &Search{Target: target, Verdict: upgrade.NewVerdict(upgrade.BadTLS, ""), Configure: func([]Change) (*upgrade.Prober, bool) {
			configured++
			return nil, false
		}})
		for _, s := range []settings{{scheme: "ws"}, {scheme: "wss", skipVerify: true}, {scheme: "wss"}} {
			want := c.exposed && (s.scheme == "ws" || s.skipVerify)
			before := configured
			f.try(s)
			if (configured == before) != want {
				t.Errorf("%s with %+v is tried: %v, want %v", c.target, s, configured > before, !want)
			}
		}
	}
}
