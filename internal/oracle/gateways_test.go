//go:build oracles

package oracle

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wshealthz/internal/testbed"
)

// A gateway is a reverse proxy in front of the answering server.
type gateway struct {
	name      string
	addresses []string // Chromium opens one connection at a time to an address
}

// gatewayPorts is the number of ports on which each gateway listens.
const gatewayPorts = 8

// startGateways starts nginx, HAProxy and Caddy in front of a server, configured as their documentation says for
// WebSockets and with the buffers that they have by default.
func startGateways(t *testing.T, server string) []gateway {
	var gateways []gateway
	for _, start := range []func(t *testing.T, dir, server string, addresses []string) string{startNginx, startHAProxy, startCaddy} {
		var addresses []string
		for range gatewayPorts {
			addresses = append(addresses, testbed.Reserve(t))
		}
		name := start(t, t.TempDir(), server, addresses)
		testbed.Until(t, name+" listens", func() bool {
			conn, err := net.Dial("tcp", addresses[gatewayPorts-1])
			if err == nil {
				conn.Close()
			}
			return err == nil
		})
		gateways = append(gateways, gateway{name, addresses})
	}
	return gateways
}

// startNginx follows "WebSocket proxying", nginx.org/en/docs/http/websocket.html.
func startNginx(t *testing.T, dir, server string, addresses []string) string {
	user := ""
	if os.Getuid() == 0 {
		user = "user root;"
	}
	config := write(t, dir, "nginx.conf", user+`
daemon off;
master_process off; # one process, which the end of the test kills
pid `+dir+`/pid;
error_log stderr crit;
events { worker_connections 4096; }
http {
	access_log off;
	client_body_temp_path `+dir+`/client; proxy_temp_path `+dir+`/proxy; fastcgi_temp_path `+dir+`/fastcgi;
	uwsgi_temp_path `+dir+`/uwsgi; scgi_temp_path `+dir+`/scgi;
	map $http_upgrade $connection_upgrade { default upgrade; '' close; }
	server {
		`+each(addresses, "listen %s;\n")+`
		location / {
			proxy_pass http://`+server+`;
			proxy_http_version 1.1;
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection $connection_upgrade;
		}
	}
}
`)
	testbed.Start(t, "/usr/sbin/nginx", os.Environ(), "-e", "stderr", "-p", dir, "-c", config)
	return "nginx"
}

// startHAProxy follows "HAProxy Configuration Tutorials: WebSocket": nothing but the timeouts is special.
func startHAProxy(t *testing.T, dir, server string, addresses []string) string {
	config := write(t, dir, "haproxy.cfg", `
global
	maxconn 2000
defaults
	mode http
	timeout connect 5s
	timeout client 30s
	timeout server 30s
	timeout tunnel 1h
frontend web
	`+each(addresses, "bind %s\n\t")+`
	default_backend servers
backend servers
	server one `+server+`
`)
	testbed.Start(t, "/usr/sbin/haproxy", os.Environ(), "-db", "-f", config)
	return "haproxy"
}

// startCaddy follows "reverse_proxy" of Caddy's documentation: WebSockets need nothing.
func startCaddy(t *testing.T, dir, server string, addresses []string) string {
	config := write(t, dir, "Caddyfile", `{
	admin off
	auto_https off
	log {
		level PANIC
	}
}
`+strings.TrimSuffix(each(addresses, "http://%s, "), ", ")+` {
	bind 127.0.0.1
	reverse_proxy `+server+`
}
`)
	testbed.Start(t, "/usr/bin/caddy", append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir), "run", "--adapter", "caddyfile", "--config", config)
	return "caddy"
}

func each(values []string, format string) string {
	var b strings.Builder
	for _, value := range values {
		fmt.Fprintf(&b, format, value)
	}
	return b.String()
}

func write(t *testing.T, dir, name, text string) string {
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
