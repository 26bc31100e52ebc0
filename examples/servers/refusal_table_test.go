//go:build servers

package servers

import "strings"

const (
	wsExample = "wss://localhost:{port}/ws"
	// What hints say.
	hint403     = "try another path or token in WSHEALTHZ_TARGET, WSHEALTHZ_HOST, WSHEALTHZ_ORIGIN or a Cookie or User-Agent in WSHEALTHZ_HEADERS"
	hintWSS     = "the port speaks TLS: try wss:// in WSHEALTHZ_TARGET"
	hintName    = "the server does not know this name: try WSHEALTHZ_TLS_SERVER_NAME"
	hintHTTP2   = "the port speaks HTTP/2 only and WebSocket clients want HTTP/1.1: turn it on there, or try another port in WSHEALTHZ_TARGET"
	hintHTTPS   = "a redirect to https: try X-Forwarded-Proto: https in WSHEALTHZ_HEADERS or wss:// in WSHEALTHZ_TARGET"
	hintLimited = "nginx itself answers 503: in turns with ok for limit_req (then try a WSHEALTHZ_MAX_AGE above 1s), else for maintenance"
	hintHungUp  = "closed without an answer: see the server's log, or try another path or token in WSHEALTHZ_TARGET, WSHEALTHZ_HOST or WSHEALTHZ_SUBPROTOCOLS"
)

// nginxConf returns a configuration of nginx with these servers.
func nginxConf(servers string) map[string]string {
	return map[string]string{"nginx.conf": `daemon off; master_process off; pid {dir}/pid; error_log stderr crit; events {}
http { access_log off; client_body_temp_path {dir}/1; proxy_temp_path {dir}/2; fastcgi_temp_path {dir}/3; uwsgi_temp_path {dir}/4; scgi_temp_path {dir}/5;
limit_req_zone $binary_remote_addr zone=limited:1m rate=1r/m;
` + strings.NewReplacer("PASS", `proxy_pass http://127.0.0.1:{port2}; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; proxy_set_header Host localhost;`,
		"CERTIFICATE", "ssl_certificate {dir}/tls.crt; ssl_certificate_key {dir}/tls.key;").Replace(servers) + " }\n"}
}

var (
	nginxCommand = []string{"nginx", "-p", "{dir}", "-c", "{dir}/nginx.conf"}
	behind       = [][]string{{"node", "{here}/servers.mjs", "ws", "{port2}"}}
	// namedTLS are the settings of a server that knows ws.example.
	namedTLS = []string{"TARGET=" + wsExample, "HOST=ws.example", "TLS_CA_FILE={dir}/ca.crt", "TLS_SERVER_NAME=ws.example", ping}
	noTLS    = []string{"TARGET=ws://localhost:{port}/ws", "TLS_CA_FILE=", "TLS_SERVER_NAME=", "TLS_CERT_FILE=", "TLS_KEY_FILE="}
)

func asgi(name, debian string, command ...string) server {
	return server{name: name, debian: debian, command: command, env: []string{"TARGET=ws://localhost:{port}/ws?token=right", ping},
		wrong: []wrong{{"a wrong path", []string{"TARGET=ws://localhost:{port}/?token=right"}, "bad_status", hint403},
			{"no token", []string{"TARGET=ws://localhost:{port}/ws"}, "bad_status", hint403}}}
}

// refusals are servers whose ways to refuse a handshake lead to hints of their own.
var refusals = []server{
	asgi("fastapi on uvicorn", "python3-fastapi", "/usr/bin/python3", "{here}/servers.py", "fastapi", "{port}"),
	asgi("fastapi on daphne", "python3-daphne", "env", "PYTHONPATH={here}", "/usr/bin/python3", "-m", "daphne", "-b", "127.0.0.1", "-p", "{port}", "fastapi_app:app"),
	{name: "puma with Rails' HostAuthorization and SSL", debian: "ruby-actioncable", program: "puma",
		command: []string{"puma", "-b", "tcp://127.0.0.1:{port}", "{here}/rails.ru"},
		env:     []string{"TARGET=ws://localhost:{port}/cable", "HOST=ws.example", "ORIGIN=http://ok.example", "HEADERS=X-Forwarded-Proto: https", "CHECK=actioncable"},
		wrong: []wrong{{"a Host that is not allowed", []string{"HOST=", "ORIGIN="}, "bad_status", hint403},
			{"no X-Forwarded-Proto", []string{"HEADERS="}, "bad_status", hintHTTPS}}},
	{name: "socket.io 2", npm: "socket.io-2", command: []string{"node", "{here}/servers.mjs", "socket.io 2", "{port}"},
		env: []string{"TARGET=ws://localhost:{port}/socket.io/?EIO=3&transport=websocket", "ORIGIN=http://ok.example", "CHECK=socket.io"},
		wrong: []wrong{{"a foreign origin", []string{"ORIGIN=http://evil.example"}, "bad_status", "Engine.IO refuses this client: try another WSHEALTHZ_ORIGIN or credentials in WSHEALTHZ_HEADERS_FILE"},
			{"no transport", []string{"TARGET=ws://localhost:{port}/socket.io/?EIO=3"}, "bad_status", "set WSHEALTHZ_TARGET's query to ?EIO=4&transport=websocket (EIO=3 before Socket.IO 3)"}}},
	{name: "nginx that redirects to https", debian: "nginx", program: "nginx", command: nginxCommand, before: behind,
		files: nginxConf(`server { listen 127.0.0.1:{port};
 location / { if ($http_x_forwarded_proto != https) { return 301 https://$host$request_uri; } PASS }
 location /users { return 302 /users/sign_in; } location /limited { limit_req zone=limited; PASS rewrite .* /ws break; } }
server { listen 127.0.0.1:{port3} http2; return 200; }`),
		env: []string{"TARGET=ws://localhost:{port}/ws", "HEADERS=X-Forwarded-Proto: https", ping},
		wrong: []wrong{{"no X-Forwarded-Proto", []string{"HEADERS="}, "bad_status", hintHTTPS},
			{"a page for users who are signed in", []string{"TARGET=ws://localhost:{port}/users"}, "bad_status",
				"a redirect to a sign-in page: try the server's own port and path in WSHEALTHZ_TARGET, not the proxy's, or credentials in WSHEALTHZ_HEADERS_FILE"},
			{"limit_req, the second of two probes", []string{"TARGET=ws://localhost:{port}/limited"}, "bad_status",
				hintLimited},
			{"a port for cleartext HTTP/2 only", []string{"TARGET=ws://localhost:{port3}/ws"}, "not_http", hintHTTP2}}},
	{name: "nginx with TLS and names", debian: "nginx", program: "nginx", tls: true, command: nginxCommand, before: behind,
		files: nginxConf(`server { listen 127.0.0.1:{port} ssl default_server; ssl_reject_handshake on; }
server { listen 127.0.0.1:{port} ssl; server_name ws.example; CERTIFICATE location / { PASS } }
server { listen 127.0.0.1:{port3} ssl default_server; CERTIFICATE return 444; }
server { listen 127.0.0.1:{port3} ssl; server_name ws.example; CERTIFICATE location / { PASS } }
server { listen 127.0.0.1:{port4} ssl; server_name ws.example; CERTIFICATE ssl_client_certificate {dir}/ca.crt; ssl_verify_client on; location / { PASS } }`),
		env: namedTLS,
		wrong: []wrong{{"ws:// to the TLS port", noTLS, "bad_status", hintWSS},
			{"an unknown name in TLS", []string{"TLS_SERVER_NAME="}, "bad_tls", hintName},
			{"an unknown Host, answered 444", []string{"TARGET=wss://localhost:{port3}/ws", "HOST="}, "hung_up", hintHungUp},
			{"no client certificate", []string{"TARGET=wss://localhost:{port4}/ws"}, "bad_status", "the server wants a client certificate: try WSHEALTHZ_TLS_CERT_FILE"}}},
	{name: "haproxy with TLS and names", debian: "haproxy", program: "haproxy", tls: true, before: behind,
		files: map[string]string{"conf": `defaults
  mode http
  timeout connect 1s
  retries 0
  timeout client 1h
  timeout server 1h
listen all
  bind 127.0.0.1:{port} ssl crt {dir}/all.pem strict-sni
  bind 127.0.0.1:{port3} ssl crt {dir}/all.pem
  http-request reject unless { req.hdr(host) ws.example }
  server ws 127.0.0.1:{port2}
`},
		command: []string{"haproxy", "-db", "-f", "{dir}/conf"}, env: namedTLS,
		wrong: []wrong{{"ws:// to the TLS port", noTLS, "hung_up",
			"closed without an answer: see the server's log, or try wss:// or another path or token in WSHEALTHZ_TARGET, another WSHEALTHZ_HOST or WSHEALTHZ_SUBPROTOCOLS"},
			{"an unknown name in TLS", []string{"TLS_SERVER_NAME="}, "bad_tls", hintName},
			{"an unknown Host, rejected", []string{"HOST="}, "hung_up", hintHungUp}}},
	{name: "caddy with TLS and names", debian: "caddy", program: "caddy", tls: true, before: behind,
		files: map[string]string{"Caddyfile": `{
  admin off
  auto_https off
  log {
    level ERROR
  }
}
https://ws.example:{port} {
  bind 127.0.0.1
  tls {dir}/tls.crt {dir}/tls.key
  reverse_proxy 127.0.0.1:{port2}
}
http://ws.example:{port3} {
  bind 127.0.0.1
  reverse_proxy 127.0.0.1:{port2}
}
`},
		command: []string{"env", "HOME={dir}", "XDG_DATA_HOME={dir}", "XDG_CONFIG_HOME={dir}", "caddy", "run", "--config", "{dir}/Caddyfile"}, env: namedTLS,
		wrong: []wrong{{"ws:// to the TLS port", noTLS, "bad_status", hintWSS},
			{"an unknown name in TLS", []string{"TLS_SERVER_NAME="}, "bad_tls", "the server failed, or has no certificate for this name: see its log, or try WSHEALTHZ_TLS_SERVER_NAME"},
			{"an unknown Host, answered with an empty 200", append(noTLS[1:len(noTLS):len(noTLS)], "TARGET=ws://localhost:{port3}/ws", "HOST="), "bad_status",
				"nothing is served for this Host or path: try WSHEALTHZ_HOST or another path or token in WSHEALTHZ_TARGET"}}},
	{name: "apache with TLS and names", debian: "apache2", program: "apache2", tls: true, before: behind,
		files: map[string]string{"httpd.conf": `ServerRoot /usr/lib/apache2
PidFile {dir}/pid
DefaultRuntimeDir {dir}
ErrorLog /dev/stderr
LogLevel crit
LoadModule mpm_event_module modules/mod_mpm_event.so
LoadModule authz_core_module modules/mod_authz_core.so
LoadModule authn_core_module modules/mod_authn_core.so
LoadModule auth_digest_module modules/mod_auth_digest.so
LoadModule authz_user_module modules/mod_authz_user.so
LoadModule ssl_module modules/mod_ssl.so
LoadModule proxy_module modules/mod_proxy.so
LoadModule proxy_http_module modules/mod_proxy_http.so
Listen 127.0.0.1:{port} https
ServerName other.example
SSLCertificateFile {dir}/tls.crt
SSLCertificateKeyFile {dir}/tls.key
<VirtualHost 127.0.0.1:{port}>
  ServerName ws.example
  SSLEngine on
  ProxyPass /ws http://127.0.0.1:{port2}/ws upgrade=websocket
  <Location /digest>
    AuthType Digest
    AuthName x
    Require valid-user
  </Location>
  <Location /certificate>
    SSLVerifyClient require
  </Location>
</VirtualHost>
<VirtualHost 127.0.0.1:{port}>
  ServerName localhost
  SSLEngine on
  SSLCipherSuite AES128-GCM-SHA256
</VirtualHost>
`},
		command: []string{"apache2", "-f", "{dir}/httpd.conf", "-DFOREGROUND"}, env: namedTLS,
		wrong: []wrong{{"ws:// to the TLS port", noTLS, "bad_status", hintWSS},
			{"a Host that is not the name in TLS", []string{"HOST=localhost"}, "bad_status", "the server does not know this Host, or it is not the name in TLS: try another WSHEALTHZ_HOST or another WSHEALTHZ_TLS_SERVER_NAME"},
			{"a path that wants a client certificate", []string{"TARGET=wss://localhost:{port}/certificate"}, "bad_status",
				"the server asks for a certificate after the handshake, which no browser answers in TLS 1.3: let it ask in the handshake"},
			{"a path that wants Digest", []string{"TARGET=wss://localhost:{port}/digest"}, "bad_status",
				"no fixed header can answer NTLM, Negotiate or Digest: try a path that does not ask for it in WSHEALTHZ_TARGET"}}},
	{name: "jetty with TLS and names", debian: "jetty9", tls: true, refuses: true,
		command: []string{"sh", "-c", "openssl pkcs12 -export -in {dir}/all.pem -out {dir}/keys -passout pass:secret && exec java -Djava.io.tmpdir={dir} -jar /usr/share/jetty9/start.jar jetty.home=/usr/share/jetty9 jetty.base={dir} " +
			"--module=https jetty.ssl.host=127.0.0.1 jetty.ssl.port={port} jetty.sslContext.keyStorePath=keys jetty.sslContext.trustStorePath=keys jetty.sslContext.trustStorePassword=secret jetty.sslContext.keyStorePassword=secret jetty.sslContext.keyManagerPassword=secret jetty.sslContext.sniRequired=true"},
		env: namedTLS, note: "It serves no WebSocket here: only its refusals are tested.",
		wrong: []wrong{{"a Host that is not the name in TLS", []string{"HOST=localhost"}, "bad_status", "Host and the name in TLS must be alike and known to the server: try another WSHEALTHZ_TLS_SERVER_NAME or another WSHEALTHZ_HOST"},
			{"an unknown name in TLS", []string{"TLS_SERVER_NAME="}, "bad_tls",
				"an unknown name, no client certificate or no common cipher: try WSHEALTHZ_TLS_SERVER_NAME or WSHEALTHZ_TLS_CERT_FILE"}}},
}
