package doctor

import (
	"crypto/tls"
	"crypto/x509"
	"strings"
	"testing"

	"wshealthz/internal/testbed"
)

// TestFindCertificate: from plain HTTP, with a CA or without; a certificate that is not verified is the last resort.
func TestFindCertificate(t *testing.T) {
	pair := testbed.Certificate{Change: func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = []string{"*.example", "chat.example"}, nil }}.Make(t)
	files := pair.WriteFiles(t, t.TempDir())
	secured := func(names ...string) testbed.Script {
		return testbed.TLS(&tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			if len(names) > 0 && names[0] != hello.ServerName {
				return nil, x509.ErrUnsupportedAlgorithm // any error: an alert
			}
			return &tls.Config{Certificates: []tls.Certificate{pair.Certificate}}, nil
		}}, func(p *testbed.Peer) {
			if p.ReadRequest(); p.Request != nil && p.Request.URL.Path == "/ws" {
				p.Answer(testbed.SwitchingProtocols + "\r\n")
				return
			}
			p.Answer(notFound)
			p.CloseWrite()
		})
	}
	for _, c := range []struct {
		name      string
		variables map[string]string
		script    testbed.Script
		want      string
		note      string
	}{
		{"name", map[string]string{"TARGET": "wss://ADDRESS/ws", "TLS_CA_FILE": files.CA}, secured(), "TLS_SERVER_NAME=chat.example", "healthy with"},
		{"another name", map[string]string{"TARGET": "wss://ADDRESS/ws", "TLS_CA_FILE": files.CA, "TLS_SERVER_NAME": "wrong.example.org"}, secured(), "TLS_SERVER_NAME=chat.example", "healthy with"},
		{"name and path", map[string]string{"TARGET": "wss://ADDRESS/", "TLS_CA_FILE": files.CA}, secured(), "TARGET=wss://ADDRESS/ws TLS_SERVER_NAME=chat.example", "healthy with"},
		{"unknown authority", map[string]string{"TARGET": "wss://ADDRESS/ws"}, secured(), "TLS_SKIP_VERIFY=true", "this is insecure"},
		{"wrong authority", map[string]string{"TARGET": "wss://ADDRESS/ws", "TLS_CA_FILE": testbed.Certificate{}.Make(t).WriteFiles(t, t.TempDir()).CA}, secured(), "TLS_CA_FILE= TLS_SKIP_VERIFY=true", "to be unset"},
		{"SNI", map[string]string{"TARGET": "wss://ADDRESS/ws", "TLS_CA_FILE": files.CA, "HOST": "chat.example"}, secured("chat.example"), "TLS_SERVER_NAME=chat.example", "healthy with"},
		{"plain", map[string]string{"TARGET": "ws://ADDRESS/"}, secured(), "TARGET=wss://ADDRESS/ws TLS_SKIP_VERIFY=true", "this is insecure"},
		{"TLS where there is none", map[string]string{"TARGET": "wss://ADDRESS/", "TLS_CA_FILE": files.CA, "TIMEOUT": "3s"}, func(p *testbed.Peer) {
			if p.DoNotWatch(); !p.SpeaksTLS() {
				p.ReadRequestAndAccept()
			}
		}, "TARGET=ws://ADDRESS/ TLS_CA_FILE=", "to be unset"},
	} {
		t.Run(c.name, func(t *testing.T) {
			address, _ := testbed.Serve(t, "tcp4", c.script)
			c.variables["TARGET"] = strings.Replace(c.variables["TARGET"], "ADDRESS", address, 1)
			found, text := find(t, t.Context(), c.variables, nil)
			if got := strings.ReplaceAll(changesOf(found), address, "ADDRESS"); got != c.want || !found.Healthy() || !strings.Contains(text, c.note) {
				t.Errorf("%s, want %s and %q:\n%s", got, c.want, c.note, text)
			}
		})
	}
}
