//go:build servers

package servers

import (
	"maps"
	"regexp"
	"testing"
)

// TestTLS: what browsers do with TLS and crypto/tls does not by itself, with real servers. A browser would be served
// where the verdict is ok.
func TestTLS(t *testing.T) {
	for _, s := range tlsServers {
		t.Run(s.name, func(t *testing.T) {
			for _, program := range []string{"openssl", "node"} {
				if !onPath(program) {
					t.Skipf("SKIPPED: %s is not installed", program)
				}
			}
			if !installed(s.server) {
				t.Skipf("SKIPPED: %s%s is not installed", s.npm, s.debian)
			}
			testTLS(t, s)
		})
	}
}

// at returns the variables for the server's NAME.example.
func at(name string, more ...string) []string {
	return append([]string{"TARGET=wss://" + name + ".example:{port}/ws"}, more...)
}

func testTLS(t *testing.T, s tlsServer) {
	s.files = maps.Clone(s.files)
	maps.Copy(s.files, tlsFiles(t))
	s.env = at("plain", "ADDRESS=localhost", "TLS_CA_FILE={dir}/roots.pem", "CHECK=ping")
	r := start(t, s.server)
	r.untilVerdict(t, "ok")
	skip := []string{"TLS_CA_FILE=", "TLS_SKIP_VERIFY=true"}
	client := []string{"TLS_CERT_FILE={dir}/client.pem", "TLS_KEY_FILE={dir}/client.pem"}
	for _, c := range []struct {
		what string
		env  []string
		want string
	}{
		{"a negative serial number", at("negative"), "^ok$"},
		{"a directory name that is permitted", at("ours"), "^ok$"},
		{"the same, and the root permits it", at("rooted"), "^ok$"},
		{"one that is not", at("theirs"), `bad_certificate: .* directory name "O=Theirs" is not permitted by any constraint`},
		{"a certificate that cannot be parsed", at("unparsed"), s.unparsed},
		{"the same, not verified", at("unparsed", skip...), s.unparsed},
		{"our certificate, other authorities named", at("client", client...), "^ok$"},
		{"no certificate where one is demanded", at("client"), s.noCertificate},
		{"an unknown name", at("unknown"), s.unknown},
		{"an unknown name, not verified", at("unknown", skip...), s.unverified},
		{"its real name, not verified", at("plain", skip...), "^ok$"},
		{"its real name in TLS_SERVER_NAME", []string{"TARGET=wss://localhost:{port}/ws", "TLS_SERVER_NAME=plain.example", "HOST=plain.example"}, "^ok$"},
	} {
		if c.want == "" {
			continue
		}
		if _, line := r.check(t, c.env...); !regexp.MustCompile(c.want).MatchString(line) {
			t.Errorf("%s: %s, want %s", c.what, line, c.want)
		}
	}
}
