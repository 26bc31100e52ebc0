package upgrade

import (
	"crypto/tls"
	"crypto/x509"
	"strings"
	"testing"
	"time"
)

// configurations calls f with evidence of each combination of what may be configured.
func configurations(t *testing.T, f func(e *evidence, skipsVerify bool)) {
	dialogues := []*Dialogue{nil, Ping(), {Want: "x"}, {Want: "x", Secret: true, First: []byte("x")}}
	for bits := range 1 << 8 {
		bit := func(n int) bool { return bits>>n&1 == 1 }
		for _, scheme := range []string{"ws", "wss", "wss with its variables", "wss unverified"} {
			for _, d := range dialogues {
				scheme, how, _ := strings.Cut(scheme, " ")
				e := &evidence{target: &Target{URL: parseURL(t, scheme+"://127.0.0.1:1/ws"), Timeout: time.Second, Dialogue: d}}
				config := &tls.Config{ServerName: "127.0.0.1", InsecureSkipVerify: how == "unverified"}
				if how == "with its variables" {
					config.ServerName, config.RootCAs, config.Certificates = "a.example", x509.NewCertPool(), make([]tls.Certificate, 1)
				}
				if e.target.Secure() {
					e.config = config
				}
				if bit(0) {
					e.target.Host = "a.example"
				}
				if bit(1) {
					e.target.Origin = "same"
				}
				if bit(2) {
					e.target.Subprotocols = []string{"mqtt"}
				}
				if bit(3) {
					e.target.Address = "127.0.0.2"
				}
				if bit(4) {
					e.target.Timeout = time.Minute
				}
				if bit(5) {
					e.target.MaxAge = 59 * time.Second
				}
				for i, field := range []Field{{"Authorization", "x"}, {"Cookie", "x"}} {
					if bit(6 + i) {
						e.fields = append(e.fields, field)
					}
				}
				f(e, how == "unverified")
			}
		}
	}
}

// TestHintsFitTheConfiguration applies each row to each configuration, whatever came: a hint fits a body and names no
// variable that is refused together with what is configured. Only in a hint about a 403 there may be no room for the last cause.
func TestHintsFitTheConfiguration(t *testing.T) {
	t.Parallel()
	wrong := map[string]bool{}
	configurations(t, func(e *evidence, skipsVerify bool) {
		for _, rows := range hintTables {
			for _, row := range rows {
				if row.reason.Phase() == TLS && !e.target.Secure() || row.reason.Phase() == Exchange && e.target.Dialogue == nil ||
					(row.reason == WrongReply || row.reason == RefusedByProtocol) && pinging(e) || row.reason == BadCertificate && skipsVerify {
					continue // cannot be
				}
				row.came, e.reason, e.status = nil, row.reason, row.status
				text := row.apply(e)
				complain := func(format string, args ...any) {
					if !wrong[row.name()] {
						wrong[row.name()] = true
						t.Errorf(row.name()+": "+format+": %q", append(args, text)...)
					}
				}
				if len(text) > maxHint || toASCII(text, maxHint) != text || strings.Contains(text, "…") {
					complain("%d bytes, want at most %d of printable ASCII", len(text), maxHint)
				}
				if left := e.open(row.causes, 1<<10); row.status != 403 && !strings.Contains(text, left) {
					complain("no room for all of %q", left)
				}
				for _, refused := range e.refused(skipsVerify) {
					if strings.Contains(text, refused) {
						complain("it names %s, which the configuration forbids", refused)
					}
				}
			}
		}
	})
}

// refused returns the variables that are faults together with what is configured.
func (e *evidence) refused(skipsVerify bool) (names []string) {
	if !e.target.Secure() {
		names = append(names, "WSHEALTHZ_TLS_")
	}
	if skipsVerify {
		names = append(names, "WSHEALTHZ_TLS_SERVER_NAME", "WSHEALTHZ_TLS_CA_FILE")
	}
	if pinging(e) || e.target.Dialogue == nil {
		names = append(names, "WSHEALTHZ_SEND")
	}
	if pinging(e) {
		names = append(names, "WSHEALTHZ_EXPECT")
	}
	return names
}

// TestHintsNameWhatIsNotSet: a variable that is set is named only to ask for another value.
func TestHintsNameWhatIsNotSet(t *testing.T) {
	t.Parallel()
	tell := map[string]bool{}
	configurations(t, func(e *evidence, _ bool) {
		set := map[string]bool{
			"WSHEALTHZ_HOST": e.target.Host != "", "WSHEALTHZ_ORIGIN": e.target.Origin != "", "WSHEALTHZ_SUBPROTOCOLS": offered(e), "WSHEALTHZ_ADDRESS": addressSet(e),
			"WSHEALTHZ_TLS_SERVER_NAME": e.tls().ServerName == "a.example", "WSHEALTHZ_TLS_CA_FILE": e.tls().RootCAs != nil, "WSHEALTHZ_TLS_CERT_FILE": hasCertificate(e.tls()),
		}
		for _, c := range []cause{tryHost, tryOrigin, trySubprotocols, tryAddress, tryServerName, tryCA, tryCertificate} {
			text := c(e)
			adjective, name, another := strings.Cut(text, " ")
			if !another {
				adjective, name = "", text
			}
			if isSet, known := set[name]; known && isSet != (adjective == "another" || adjective == "other") && !tell[text] {
				tell[text] = true
				t.Errorf("%s is set: %v, and the hint says %q", name, isSet, text)
			}
		}
	})
}
