//go:build servers

package servers

import (
	"crypto/x509"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"wshealthz/internal/testbed"
)

// A misconfigured server, and what check -find finds.
type misconfigured struct {
	what string
	server
	env  []string // replaces variables of the server's own
	want []string // the environment that is found, without WSHEALTHZ_
}

// TestFind: check -find on real servers that are misconfigured. With WSHEALTHZ_SERVERS at least eight must be installed.
func TestFind(t *testing.T) {
	tested := 0
	for _, m := range append(misconfigurations(), behindProxies(t)...) {
		t.Run(m.name+" "+m.what, func(t *testing.T) {
			if !installed(m.server) {
				t.Skipf("SKIPPED: %s%s is not installed", m.npm, m.debian)
			}
			tested++
			r := start(t, m.server)
			r.untilVerdict(t, "ok")
			output := r.find(t, m.env...)
			t.Log(output)
			_, found, _ := strings.Cut(output, "\nhealthy with:\n")
			var want strings.Builder
			for _, variable := range m.want {
				want.WriteString("WSHEALTHZ_" + r.placeholders.Replace(variable) + "\n")
			}
			if rest, exact := strings.CutPrefix(found, want.String()); !exact || strings.HasPrefix(rest, "WSHEALTHZ_") || strings.Contains(output, "s3cret") {
				t.Errorf("want healthy with\n%s", &want)
			}
			r.untilVerdict(t, "ok")
		})
	}
	if os.Getenv("WSHEALTHZ_SERVERS") != "" && tested < 8 {
		t.Errorf("%d servers were tested, want at least 8", tested)
	}
}

var tryLine = regexp.MustCompile(`(?m)^ +\d+  WSHEALTHZ_`)

// find runs check -find with the server's variables, those of override replaced.
func (r *running) find(t *testing.T, override ...string) (output string) {
	t.Helper()
	cmd := exec.Command(testbed.Build(t, "wshealthz"), "check", "-find")
	for _, variable := range append(append([]string(nil), r.env...), override...) {
		cmd.Env = append(cmd.Env, "WSHEALTHZ_"+r.placeholders.Replace(variable))
	}
	out, _ := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != 1 {
		t.Errorf("exit %d, want 1: the environment as it is is unhealthy", code)
	}
	if tries := len(tryLine.FindAll(out, -1)); tries > 60 {
		t.Errorf("%d tries", tries)
	}
	return string(out)
}

// named returns a server of the table.
func named(name string) server {
	for _, s := range table {
		if s.name == name {
			return s
		}
	}
	panic(name + " is not in the table")
}

func misconfigurations() []misconfigured {
	return []misconfigured{
		{"with a wrong path", named("ws"), []string{"TARGET=ws://localhost:{port}/wrong"}, []string{"TARGET=ws://localhost:{port}/ws"}},
		{"without path and query", named("socket.io"), []string{"TARGET=ws://localhost:{port}/"},
			[]string{"TARGET='ws://localhost:{port}/socket.io/?EIO=4&transport=websocket'"}},
		{"with a wrong path and no subprotocol", named("graphql-ws"), []string{"TARGET=ws://localhost:{port}/wrong", ping},
			[]string{"TARGET=ws://localhost:{port}/graphql", "SUBPROTOCOLS=graphql-transport-ws"}},
		{"without the end of the path", named("sockjs"), []string{"TARGET=ws://localhost:{port}/echo"}, []string{"TARGET=ws://localhost:{port}/echo/websocket"}},
		{"with a wrong path", named("uvicorn"), []string{"TARGET=ws://localhost:{port}/wrong"}, []string{"TARGET=ws://localhost:{port}/ws"}},
		{"with a foreign Origin", named("tornado"), []string{"ORIGIN=http://evil.example"}, []string{"ORIGIN=same"}},
		{"with a path before the proxy", named("aiohttp"), []string{"TARGET=ws://localhost:{port}/app/ws"}, []string{"TARGET=ws://localhost:{port}/ws"}},
		{"with a subprotocol of another name", named("mosquitto"), []string{"SUBPROTOCOLS=other"}, []string{"SUBPROTOCOLS="}},
		{"with a wrong path and another subprotocol", named("prosody"), []string{"TARGET=ws://localhost:{port}/", "SUBPROTOCOLS=other"},
			[]string{"TARGET=ws://localhost:{port}/xmpp-websocket", "SUBPROTOCOLS="}},
		{"without an Origin", named("puma with Action Cable"), []string{"HOST=ok.example", "ORIGIN="}, []string{"ORIGIN=same"}},
	}
}

// behindProxies returns nginx and Caddy in front of ws, with what else they demand.
func behindProxies(t *testing.T) []misconfigured {
	const proxy = `location / { proxy_pass http://127.0.0.1:{port2}; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; }`
	nginx := func(name, servers string, env ...string) server {
		s := named("nginx in front of ws")
		s.name, s.env = name, append(append([]string(nil), env...), ping)
		s.files = map[string]string{"nginx.conf": `daemon off; master_process off; pid {dir}/pid; error_log stderr; events {}
http { access_log off; client_body_temp_path {dir}/1; proxy_temp_path {dir}/2; fastcgi_temp_path {dir}/3; uwsgi_temp_path {dir}/4; scgi_temp_path {dir}/5;
` + strings.ReplaceAll(servers, "PROXY", proxy) + "}\n"}
		return s
	}
	certificate := testbed.Certificate{Names: []string{"chat.example"}, Change: func(c *x509.Certificate) {
		c.DNSNames, c.IPAddresses = []string{"chat.example"}, nil
	}}.Make(t).WriteFiles(t, t.TempDir())
	secured := "server { listen 127.0.0.1:{port} ssl; ssl_certificate " + certificate.Cert + "; ssl_certificate_key " + certificate.Key + "; PROXY }"
	caddy := server{name: "caddy with a certificate", debian: "caddy", program: "caddy", before: named("nginx in front of ws").before,
		files: map[string]string{"Caddyfile": "{\n admin off\n auto_https disable_redirects\n}\nhttps://chat.example:{port} {\n bind 127.0.0.1\n tls " +
			certificate.Cert + " " + certificate.Key + "\n reverse_proxy 127.0.0.1:{port2}\n}\n"},
		command: []string{"env", "HOME={dir}", "caddy", "run", "--config", "{dir}/Caddyfile"},
		env:     []string{"TARGET=wss://localhost:{port}/ws", "HOST=chat.example", "TLS_CA_FILE=" + certificate.CA, "TLS_SERVER_NAME=chat.example", ping}}
	return []misconfigured{
		{"that does not know the name in SNI", caddy, []string{"TLS_SERVER_NAME="}, []string{"TLS_SERVER_NAME=chat.example"}},
		{"spoken to without TLS", nginx("nginx with TLS", secured, "TARGET=wss://localhost:{port}/ws", "TLS_SKIP_VERIFY=true"),
			[]string{"TARGET=ws://localhost:{port}/ws", "TLS_SKIP_VERIFY="},
			[]string{"TARGET=wss://localhost:{port}/ws", "TLS_SKIP_VERIFY=true"}},
		{"under another name", nginx("nginx with a certificate", secured, "TARGET=wss://localhost:{port}/ws", "TLS_CA_FILE="+certificate.CA, "TLS_SERVER_NAME=chat.example"),
			[]string{"TLS_SERVER_NAME="}, []string{"TLS_SERVER_NAME=chat.example"}},
		{"without X-Forwarded-Proto", nginx("nginx that redirects to https",
			"server { listen 127.0.0.1:{port}; if ($http_x_forwarded_proto != https) { return 301 https://$host$request_uri; } PROXY }",
			"TARGET=ws://localhost:{port}/ws", "HEADERS=X-Forwarded-Proto: https"),
			[]string{"HEADERS="}, []string{"HEADERS='X-Forwarded-Proto: https'"}},
		{"under an address", nginx("nginx that drops unknown hosts",
			"server { listen 127.0.0.1:{port} default_server; return 444; } server { listen 127.0.0.1:{port}; server_name localhost; PROXY }", "TARGET=ws://localhost:{port}/ws"),
			[]string{"TARGET=ws://127.0.0.1:{port}/ws"}, []string{"HOST=localhost"}},
		{"without one, at a wrong path", nginx("nginx that wants a browser's User-Agent",
			"server { listen 127.0.0.1:{port}; if ($http_user_agent !~ Mozilla) { return 403; } PROXY }", "TARGET=ws://localhost:{port}/ws", "HEADERS=User-Agent: Mozilla/5.0"),
			[]string{"TARGET=ws://localhost:{port}/wrong", "HEADERS=A: s3cret"},
			[]string{"TARGET=ws://localhost:{port}/ws", "HEADERS='…\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'"}},
	}
}
