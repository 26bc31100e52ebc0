package command

import (
	"strings"
	"testing"
	"time"

	"wshealthz/internal/testbed"
)

const day = 24 * time.Hour

// TestDoctorCertificate: its end is shown, and what to try names one that is near, or past.
func TestDoctorCertificate(t *testing.T) {
	for _, c := range []struct {
		left              time.Duration
		verdict, fact, do string
	}{
		{40*day + time.Hour, "ok\n", "   40 days  the server's certificate ends END\n", ""},
		{14*day + time.Hour, "ok\n", "   14 days  the server's certificate ends END\n", ""},
		{9*day + time.Hour, "ok\n", "    9 days  the server's certificate ends END\n", "\n  renew the server's certificate: clients refuse it in 9 days\n"},
		{-2 * day, "tls: bad_certificate: ", "     ended  the server's certificate ended END\n", "to try:\n  renew the server's certificate: it has ended, and clients refuse it\n"},
	} {
		pair := testbed.Certificate{NotAfter: time.Now().Add(c.left)}.Make(t)
		port := serverOn(t, "127.0.0.1:0", pair.Certificate)
		variables := map[string]string{"TIMEOUT": patient, "TLS_CA_FILE": pair.WriteFiles(t, t.TempDir()).CA}
		_, stdout, _ := run(t, variables, "check", "-v", "wss://localhost:"+port)
		stdout = steady(stdout, port)
		if !strings.HasPrefix(stdout, c.verdict) || !strings.Contains(stdout, "\n  cert     "+c.fact) || !strings.Contains(stdout, c.do) || strings.Contains(stdout, "renew") != (c.do != "") {
			t.Errorf("%v: %s want %q %q %q", c.left, stdout, c.verdict, c.fact, c.do)
		}
		if strings.Contains(stdout, "WSHEALTHZ_SERVE_CERT_FILE") != (c.verdict == "ok\n") {
			t.Errorf("%v: what a gateway needs that speaks TLS: %s", c.left, stdout)
		}
		if strings.Contains(stdout, "backend-protocol: http # the server speaks TLS (wss://)") != (c.verdict == "ok\n") {
			t.Errorf("%v: http for a server that speaks TLS has no note: %s", c.left, stdout)
		}
		if _, d, output := diagnosed(t, variables, "wss://localhost:"+port); d.CertificateEnds == nil || time.Until(*d.CertificateEnds).Round(time.Minute) != c.left {
			t.Errorf("%v: %s", c.left, output)
		} else if len(d.Annotations) > 0 && !strings.HasPrefix(d.Annotations[0].Note, "the server speaks TLS (wss://)") {
			t.Errorf("%v: the annotations are %+v, want a note at the first", c.left, d.Annotations)
		}
	}
}
