package doctor

import (
	"slices"
	"strings"
	"testing"

	"wshealthz/upgrade"
)

// TestSymptoms: each is produced by what a server of that kind sends, and each but the incurable has a cure.
func TestSymptoms(t *testing.T) {
	seen := map[symptom]bool{}
	status := func(line string) upgrade.Verdict {
		v := upgrade.NewVerdict(upgrade.BadStatus, "")
		v.Received.Bytes = []byte(line + "\r\n\r\n")
		return v
	}
	text := func(reason upgrade.Reason, received string) upgrade.Verdict {
		v := upgrade.NewVerdict(reason, "")
		v.Received.Bytes = []byte(received)
		return v
	}
	for _, c := range []struct {
		scheme   string
		verdict  upgrade.Verdict
		symptom  symptom
		progress progress
	}{
		{"ws", status("HTTP/1.1 401 Unauthorized"), incurable, objecting},
		{"ws", status("HTTP/1.1 429 Too Many Requests"), incurable, objecting},
		{"ws", upgrade.NewVerdict(upgrade.OK, ""), incurable, healthy},
		{"ws", upgrade.NewVerdict(upgrade.Internal, ""), incurable, notReached},
		{"ws", upgrade.NewVerdict(upgrade.Refused, ""), unreached, notReached},
		{"wss", upgrade.NewVerdict(upgrade.BadTLS, ""), wrongScheme, connected},
		{"ws", status("HTTP/1.1 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server."), wrongScheme, connected},
		{"ws", status("HTTP/1.1 400 Bad Request\n\nThe plain HTTP request was sent to HTTPS port"), wrongScheme, connected},
		{"wss", status("HTTP/1.1 400 Bad Request\r\n\r\nNo required SSL certificate was sent"), refused, objecting},
		{"ws", text(upgrade.NotHTTP, "\x15\x03\x01\x00\x02\x02\x46"), wrongScheme, connected},
		{"ws", text(upgrade.NotHTTP, "SSH-2.0-OpenSSH"), silent, connected},
		{"wss", text(upgrade.NotHTTP, "\x15\x03"), silent, secured},
		{"wss", upgrade.NewVerdict(upgrade.BadCertificate, ""), wrongCertificate, verifying},
		{"ws", upgrade.NewVerdict(upgrade.HungUp, ""), silent, connected},
		{"wss", upgrade.NewVerdict(upgrade.UpgradeTimeout, ""), silent, secured},
		{"ws", status("HTTP/1.1 302 Found\r\nLocation: /login"), redirected, notThere},
		{"ws", status("HTTP/1.1 301 Moved Permanently\r\nLocation: https://h/ws"), redirected, connected},
		{"ws", status("HTTP/1.1 200 OK"), missing, notThere},
		{"ws", status("HTTP/1.1 404 Not Found"), missing, notThere},
		{"ws", status("HTTP/1.1 100 Continue"), missing, notThere},
		{"ws", status("HTTP/1.1 426 Upgrade Required"), refused, objecting},
		{"ws", status("HTTP/1.1 403 Forbidden"), forbidden, objecting},
		{"ws", status("HTTP/1.1 421 Misdirected Request"), unknownHost, objecting},
		{"ws", status("HTTP/1.1 501 Not Implemented"), failed, objecting},
		{"ws", status("HTTP/1.1 502 Bad Gateway"), proxyFailed, notThere},
		{"ws", upgrade.NewVerdict(upgrade.BadSubprotocol, ""), wrongSubprotocol, upgraded},
		{"ws", upgrade.NewVerdict(upgrade.BadAccept, ""), wrongUpgrade, upgraded},
		{"ws", upgrade.NewVerdict(upgrade.ClosedEarly, ""), wrongSession, exchanging},
		{"ws", upgrade.NewVerdict(upgrade.RefusedByProtocol, ""), refusedSession, exchanging},
	} {
		st := newState(settings{scheme: c.scheme}, nil, c.verdict)
		if st.symptom != c.symptom || st.progress != c.progress {
			t.Errorf("%s %v %q: symptom %d, progress %d, want %d, %d", c.scheme, c.verdict.Reason, c.verdict.Received.Bytes, st.symptom, st.progress, c.symptom, c.progress)
		}
		seen[c.symptom] = true
	}
	for s := range symptom(symptomCount) {
		if !seen[s] || (len(cures[s]) == 0) != (s == incurable) {
			t.Errorf("symptom %d: produced %v, %d cures", s, seen[s], len(cures[s]))
		}
	}
}

// TestEveryReasonHasASymptom but those that are not about the server.
func TestEveryReasonHasASymptom(t *testing.T) {
	for _, reason := range upgrade.Reasons() {
		_, found := reasonSymptoms[reason]
		if want := reason.Phase() != upgrade.NoPhase && reason != upgrade.BadStatus; found != want {
			t.Errorf("%s: %v, want %v", reason, found, want)
		}
	}
}

// TestSubprotocolsAreThoseOfTheProtocols: none is forgotten, and the one that the path names comes first.
func TestSubprotocolsAreThoseOfTheProtocols(t *testing.T) {
	lists := map[string]bool{}
	var first []string
	for s := range subprotocols(nil, &state{settings: settings{path: "/mqtt"}}) {
		lists[s.subprotocols] = true
		first = append(first, s.subprotocols)
	}
	for _, p := range upgrade.Protocols {
		if name := strings.Join(p.Subprotocols, ","); name != "" && !lists[name] {
			t.Errorf("%s is not tried", name)
		}
	}
	if !slices.Equal(first[:2], []string{"", "mqtt"}) {
		t.Errorf("%q, want none first, then mqtt", first)
	}
}

// TestShellText: one word, whatever it holds.
func TestShellText(t *testing.T) {
	for text, want := range map[string]string{
		"":                "",
		"ws://h:1/a_b-c.": "ws://h:1/a_b-c.",
		"/?a=b&c":         "'/?a=b&c'",
		"a'b$(c)`d`":      `'a'\''b$(c)` + "`d`'",
		"a: b\nc: d":      "'a: b\nc: d'",
	} {
		if got := shellText(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
