//go:build servers

package servers

// A tlsServer serves TLS on {port}. The name that the handshake asks for, NAME.example, selects the certificate, which is
// in {dir}/NAME.example.pem with its key. At client.example it demands a certificate that {dir}/own.pem issued, but names
// the authority in {dir}/other.pem alone. At /ws is a server of the npm package ws.
type tlsServer struct {
	server

	// What the first line of check must match: without the certificate that is demanded, for a certificate that crypto/x509
	// cannot parse, and for a name that the server does not know, verified and not. Empty where there is nothing to try.
	noCertificate, unparsed, unknown, unverified string
}

const (
	// cannotParse is the same for all servers but Caddy, which cannot parse it either.
	cannotParse = `^tls: bad_certificate: .* cannot parse URI .*\(Go cannot parse this certificate, which browsers may take: .*SKIP_VERIFY cannot help`

	unrecognized           = `^tls: bad_tls: .*unrecognized name, asked for "unknown.example" \(.*try WSHEALTHZ_TLS_SERVER_NAME\)`
	unrecognizedUnverified = `^tls: bad_tls: .*unrecognized name, asked for "unknown.example" \(.*try its name in WSHEALTHZ_TARGET\)`
)

var tlsServers = []tlsServer{
	{server: server{name: "nginx", debian: "nginx", program: "nginx", before: wsBackend,
		files: map[string]string{"nginx.conf": `daemon off; master_process off; pid {dir}/pid; error_log stderr; events {}
http { access_log off; client_body_temp_path {dir}/1; proxy_temp_path {dir}/2; fastcgi_temp_path {dir}/3; uwsgi_temp_path {dir}/4; scgi_temp_path {dir}/5;
server { listen 127.0.0.1:{port} ssl default_server; ssl_reject_handshake on; }
server { listen 127.0.0.1:{port} ssl; server_name ~^(?<name>[a-z]+)\.example$;
 ssl_certificate {dir}/$ssl_server_name.pem; ssl_certificate_key {dir}/$ssl_server_name.pem; include {dir}/proxy.conf; }
server { listen 127.0.0.1:{port} ssl; server_name client.example;
 ssl_certificate {dir}/client.example.pem; ssl_certificate_key {dir}/client.example.pem; include {dir}/proxy.conf;
 ssl_verify_client on; ssl_client_certificate {dir}/other.pem; ssl_trusted_certificate {dir}/own.pem; }
server { listen 127.0.0.1:{port} ssl; server_name unknown.example; ssl_reject_handshake on; } }
`, "proxy.conf": `location / { proxy_pass http://127.0.0.1:{port2}; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; }
`},
		command: []string{"nginx", "-p", "{dir}", "-c", "{dir}/nginx.conf"}},
		noCertificate: "^upgrade: bad_status: 400 .*No required SSL certificate was sent",
		unparsed:      cannotParse, unknown: unrecognized, unverified: unrecognizedUnverified},
	{server: server{name: "apache2", debian: "apache2", program: "apache2", before: wsBackend,
		files: map[string]string{"apache2.conf": `ServerRoot {dir}
ServerName localhost
PidFile {dir}/pid
DefaultRuntimeDir {dir}
ErrorLog {dir}/error.log
Listen 127.0.0.1:{port}
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
<IfModule unixd_module>
User www-data
Group www-data
</IfModule>
# TLS 1.3 has no renegotiation, and browsers do not do what it has instead.
SSLProtocol TLSv1.2
` + apacheHost("plain", "") + apacheHost("negative", "") + apacheHost("ours", "") + apacheHost("rooted", "") + apacheHost("theirs", "") + apacheHost("unparsed", "") +
			apacheHost("client", "SSLCACertificateFile {dir}/own.pem\nSSLCADNRequestFile {dir}/other.pem\n<Location /ws>\nSSLVerifyClient require\n</Location>\n")},
		command: []string{"apache2", "-f", "{dir}/apache2.conf", "-DFOREGROUND"}},
		// It answers with its first host.
		noCertificate: "^tls: bad_tls: .*TLS renegotiation: .*handshake failure.*the server wants a client certificate: try WSHEALTHZ_TLS_CERT_FILE",
		unparsed:      cannotParse, unknown: "^tls: bad_certificate: .*valid for plain.example, localhost, not unknown.example", unverified: "^ok$"},
	{server: server{name: "haproxy", debian: "haproxy", program: "haproxy", before: wsBackend,
		files: map[string]string{"conf": `global
  ssl-server-verify none
defaults
  mode http
  timeout connect 1s
  timeout client 1h
  timeout server 1h
listen all
  bind 127.0.0.1:{port} ssl strict-sni crt-list {dir}/crt-list
  server ws 127.0.0.1:{port2}
`, "crt-list": `{dir}/plain.example.pem plain.example
{dir}/negative.example.pem negative.example
{dir}/ours.example.pem ours.example
{dir}/rooted.example.pem rooted.example
{dir}/theirs.example.pem theirs.example
{dir}/unparsed.example.pem unparsed.example
{dir}/client.example.pem [verify required ca-file {dir}/other.pem ca-verify-file {dir}/own.pem] client.example
`},
		command: []string{"haproxy", "-db", "-f", "{dir}/conf"}},
		noCertificate: "^tls: bad_certificate: .*certificate required",
		unparsed:      cannotParse, unknown: unrecognized, unverified: unrecognizedUnverified},
	{server: server{name: "caddy", debian: "caddy", program: "caddy", before: wsBackend,
		files: map[string]string{"Caddyfile": `{
 admin off
 auto_https disable_redirects
 default_bind 127.0.0.1
 http_port {port3}
 https_port {port}
 storage file_system {dir}/storage
}
` + caddySite("plain", "") + caddySite("negative", "") + caddySite("ours", "") + caddySite("rooted", "") + caddySite("theirs", "") +
			caddySite("client", "client_auth {\nmode require\ntrusted_ca_cert_file {dir}/other.pem\n}\n")},
		command: []string{"env", "HOME={dir}", "caddy", "run", "--config", "{dir}/Caddyfile", "--adapter", "caddyfile"}},
		noCertificate: "^tls: bad_certificate: .*(certificate required|bad certificate)",
		unknown:       `^tls: bad_tls: .*internal error, asked for "unknown.example" \(.*try WSHEALTHZ_TLS_SERVER_NAME\)`,
		unverified:    `^tls: bad_tls: .*internal error, asked for "unknown.example" \(.*try its name in WSHEALTHZ_TARGET\)`},
	{server: server{name: "https of Node", npm: "ws",
		files: map[string]string{"server.cjs": `const fs = require('fs'), https = require('https'), tls = require('tls')
const { WebSocketServer } = require('{here}/node_modules/ws')
const pem = name => fs.readFileSync('{dir}/' + name + '.pem')
const context = name => ({ cert: pem(name), key: pem(name) })
const SNICallback = (name, done) => fs.existsSync('{dir}/' + name + '.pem') ? done(null, tls.createSecureContext({ ...context(name), ca: pem('other') })) : done(new Error('unknown name'))
const server = https.createServer({ ...context('plain.example'), ca: pem('other'), SNICallback, requestCert: true, rejectUnauthorized: false })
const own = () => require('crypto').createPublicKey(pem('own'))
const trusted = socket => { const { raw } = socket.getPeerCertificate(); return raw && new (require('crypto').X509Certificate)(raw).verify(own()) }
const verifyClient = ({ req }) => req.socket.servername !== 'client.example' || Boolean(trusted(req.socket))
new WebSocketServer({ server, path: '/ws', verifyClient })
server.listen({port}, '127.0.0.1')
`},
		command: []string{"node", "{dir}/server.cjs"}},
		noCertificate: "^upgrade: bad_status: 401 ", unparsed: cannotParse,
		unknown: "^tls: bad_tls: .*the server closed the connection", unverified: "^tls: bad_tls: .*the server closed the connection"},
}

var wsBackend = [][]string{{"node", "{here}/servers.mjs", "ws", "{port2}"}}

func apacheHost(name, more string) string {
	return `<VirtualHost 127.0.0.1:{port}>
ServerName ` + name + `.example
SSLEngine on
SSLCertificateFile {dir}/` + name + `.example.pem
ProxyPass /ws http://127.0.0.1:{port2}/ws upgrade=websocket
` + more + `</VirtualHost>
`
}

func caddySite(name, more string) string {
	return "https://" + name + ".example {\ntls {dir}/" + name + ".example.pem {dir}/" + name + ".example.pem {\n" + more + "}\nreverse_proxy 127.0.0.1:{port2}\n}\n"
}
