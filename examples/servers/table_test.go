//go:build servers

package servers

// A server is a WebSocket server of another project: how it is started, and the settings of wshealthz for it. In the texts
// {port}, {port2}, {port3} and {port4} stand for ports on which nobody else listens, {dir} for a folder of the test, and
// {here} for this folder.
type server struct {
	name    string
	npm     string // npm package, or
	debian  string // Debian package
	program string // path or name of the program; where it exists, the Debian package is not needed
	files   map[string]string
	before  [][]string // commands of the processes that the server needs
	command []string
	env     []string // variables without WSHEALTHZ_
	wrong   []wrong
	stopped string // reason while SIGSTOP stops it, default tls_timeout with tls, else upgrade_timeout
	tls     bool   // {dir} has ca.crt, and of ws.example tls.crt and tls.key, and all.pem with both
	refuses bool   // it is never healthy: only its refusals are tested
	note    string // for its users
	logs    string // what it logs even if all is well; its log is not checked then
}

// A wrong setting, the reason that it leads to, and the hint.
type wrong struct {
	what   string
	env    []string // replaces variables of the same name
	reason string
	hint   string // "": any
}

func node(name, npm string, env []string, wrongs ...wrong) server {
	return server{name: name, npm: npm, command: []string{"node", "{here}/servers.mjs", name, "{port}"}, env: env, wrong: wrongs}
}

func python(name, debian string, env []string, wrongs ...wrong) server {
	return server{name: name, debian: debian, command: []string{"/usr/bin/python3", "{here}/servers.py", name, "{port}"}, env: env, wrong: wrongs}
}

const ping = "CHECK=ping"

var table = []server{
	node("ws", "ws", []string{"TARGET=ws://localhost:{port}/ws", ping},
		wrong{"a wrong path", []string{"TARGET=ws://localhost:{port}/"}, "bad_status", ""}),
	node("ws with compression", "ws", []string{"TARGET=ws://localhost:{port}/", "EXPECT=^hello, sun$"},
		wrong{"`WSHEALTHZ_EXTENSIONS=none`", []string{"EXTENSIONS=none"}, "bad_status", ""},
		wrong{"another message", []string{"EXPECT=goodbye", "TIMEOUT=1s"}, "wrong_reply", ""}),
	node("crossws", "crossws", []string{"TARGET=ws://localhost:{port}/", "SEND=hello", "EXPECT=^echo: hello$"},
		wrong{"another message", []string{"EXPECT=goodbye", "TIMEOUT=1s"}, "wrong_reply", ""}),
	node("express-ws", "express-ws", []string{"TARGET=ws://localhost:{port}/ws", ping},
		wrong{"a wrong path", []string{"TARGET=ws://localhost:{port}/other"}, "closed_early", `ended after the handshake: see the server's log, or try another path or token in WSHEALTHZ_TARGET or WSHEALTHZ_SUBPROTOCOLS`}),
	node("faye-websocket", "faye-websocket", []string{"TARGET=ws://localhost:{port}/", ping}),
	node("websocket", "websocket", []string{"TARGET=ws://localhost:{port}/", "SUBPROTOCOLS=echo", ping},
		wrong{"no subprotocol", []string{"SUBPROTOCOLS="}, "bad_status", ""}),
	node("sockjs", "sockjs", []string{"TARGET=ws://localhost:{port}/echo/websocket", ping},
		wrong{"a wrong path", []string{"TARGET=ws://localhost:{port}/echo"}, "bad_status", ""}),
	node("socket.io", "socket.io", []string{"TARGET=ws://localhost:{port}/socket.io/?EIO=4&transport=websocket", "CHECK=socket.io"},
		wrong{"no transport", []string{"TARGET=ws://localhost:{port}/socket.io/?EIO=4"}, "bad_status", ""}),
	node("engine.io", "engine.io", []string{"TARGET=ws://localhost:{port}/engine.io/?EIO=4&transport=websocket", "CHECK=socket.io"},
		wrong{"a wrong path", []string{"TARGET=ws://localhost:{port}/", "TIMEOUT=500ms"}, "upgrade_timeout", `the server accepts and does not answer: does it hang? else try another path or token in WSHEALTHZ_TARGET or a longer WSHEALTHZ_TIMEOUT`}),
	node("graphql-ws", "graphql-ws", []string{"TARGET=ws://localhost:{port}/graphql", "CHECK=graphql-transport-ws"},
		wrong{"another subprotocol", []string{"SUBPROTOCOLS=graphql-ws"}, "bad_subprotocol", ""},
		wrong{"a wrong token", []string{`SEND={"type":"connection_init","payload":{"token":"wrong"}}`}, "refused_by_protocol", ""}),
	node("subscriptions-transport-ws", "subscriptions-transport-ws", []string{"TARGET=ws://localhost:{port}/graphql", "CHECK=graphql-ws"},
		wrong{"a wrong token", []string{`SEND={"type":"connection_init","payload":{"token":"wrong"}}`}, "refused_by_protocol", ""}),
	node("rpc-websockets", "rpc-websockets", []string{"TARGET=ws://localhost:{port}/", "CHECK=jsonrpc"},
		wrong{"an unknown method", []string{`SEND={"jsonrpc":"2.0","id":1,"method":"nothing","params":[]}`}, "refused_by_protocol", ""}),
	node("stomp-broker-js", "stomp-broker-js", []string{"TARGET=ws://localhost:{port}/ws", "CHECK=stomp"},
		wrong{"a wrong path", []string{"TARGET=ws://localhost:{port}/"}, "bad_status", ""}),
	node("fox-wamp", "fox-wamp", []string{"TARGET=ws://localhost:{port}/", "CHECK=wamp"},
		wrong{"another subprotocol", []string{"SUBPROTOCOLS=other"}, "bad_subprotocol", ""}),
	node("ocpp-rpc", "ocpp-rpc", []string{"TARGET=ws://localhost:{port}/known", "CHECK=ocpp"},
		wrong{"an unknown charge point", []string{"TARGET=ws://localhost:{port}/unknown"}, "bad_status", ""}),
	node("aedes", "aedes", []string{"TARGET=ws://localhost:{port}/", "CHECK=mqtt"},
		wrong{"a wrong user", []string{"SEND=hex: 10 13 00 04 4D 51 54 54 04 82 00 0A 00 00 00 05 77 72 6F 6E 67"}, "refused_by_protocol", ""}),

	python("websockets", "python3-websockets", []string{"TARGET=ws://localhost:{port}/", "SUBPROTOCOLS=chat", ping},
		wrong{"another subprotocol", []string{"SUBPROTOCOLS=other"}, "bad_subprotocol", ""}),
	{name: "websockets with compression", debian: "python3-websockets", command: []string{"/usr/bin/python3", "{here}/servers.py", "websockets", "{port}"},
		env:   []string{"TARGET=ws://localhost:{port}/", "SEND=hello", "EXPECT=^hello$"},
		wrong: []wrong{{"another message", []string{"EXPECT=goodbye", "TIMEOUT=1s"}, "wrong_reply", ""}}},
	python("aiohttp", "python3-aiohttp", []string{"TARGET=ws://localhost:{port}/ws", ping},
		wrong{"a wrong path", []string{"TARGET=ws://localhost:{port}/"}, "bad_status", ""}),
	python("tornado", "python3-tornado", []string{"TARGET=ws://localhost:{port}/ws", ping},
		wrong{"a foreign origin", []string{"ORIGIN=http://evil.example"}, "bad_status", `the server refuses this Origin: try another WSHEALTHZ_ORIGIN`}),
	python("autobahn", "python3-autobahn", []string{"TARGET=ws://localhost:{port}/", ping},
		wrong{"a subprotocol", []string{"SUBPROTOCOLS=other"}, "bad_subprotocol", ""}),
	python("gevent", "python3-gevent-websocket", []string{"TARGET=ws://localhost:{port}/", ping}),
	python("uvicorn", "python3-uvicorn", []string{"TARGET=ws://localhost:{port}/ws", ping},
		wrong{"a wrong path", []string{"TARGET=ws://localhost:{port}/"}, "bad_status", ""}),

	{name: "mosquitto", debian: "mosquitto", program: "mosquitto",
		files:   map[string]string{"conf": "listener {port2} 127.0.0.1\nlistener {port} 127.0.0.1\nprotocol websockets\nallow_anonymous true\n"},
		command: []string{"mosquitto", "-c", "{dir}/conf"}, env: []string{"TARGET=ws://localhost:{port}/mqtt", "CHECK=mqtt"},
		wrong: []wrong{{"another subprotocol", []string{"SUBPROTOCOLS=other"}, "hung_up", `closed without an answer: see the server's log, or try wss:// or another path or token in WSHEALTHZ_TARGET, WSHEALTHZ_HOST or other WSHEALTHZ_SUBPROTOCOLS`}}},
	{name: "mosquitto with MQTT 5", debian: "mosquitto", program: "mosquitto",
		files:   map[string]string{"conf": "listener {port2} 127.0.0.1\nlistener {port} 127.0.0.1\nprotocol websockets\nallow_anonymous true\npassword_file {dir}/users\n", "users": ""},
		command: []string{"mosquitto", "-c", "{dir}/conf"}, env: []string{"TARGET=ws://localhost:{port}/mqtt", "CHECK=mqtt5"},
		wrong: []wrong{{"an unknown user", []string{"SEND=hex: 10 14 00 04 4D 51 54 54 05 82 00 0A 00 00 00 00 05 77 72 6F 6E 67"}, "refused_by_protocol", ""}}},
	{name: "nats-server", debian: "nats-server", program: "nats-server",
		files:   map[string]string{"conf": "listen: 127.0.0.1:{port2}\nwebsocket { listen: \"127.0.0.1:{port}\", no_tls: true }\n"},
		command: []string{"nats-server", "-c", "{dir}/conf"}, env: []string{"TARGET=ws://localhost:{port}/", "CHECK=nats"},
		wrong: []wrong{{"an unknown command", []string{"SEND=NONSENSE\r\n"}, "refused_by_protocol", ""}}},
	{name: "rabbitmq web_stomp", debian: "rabbitmq-server", program: "/usr/lib/rabbitmq/bin/rabbitmq-server",
		files: rabbit, before: epmd, command: rabbitCommand,
		env: []string{"TARGET=ws://localhost:{port}/ws", "CHECK=stomp", "SEND=hex: 43 4F 4E 4E 45 43 54 0A 61 63 63 65 70 74 2D 76 65 72 73 69 6F 6E 3A 31 2E 32 0A 68 6F 73 74 3A 2F 0A 0A 00"},
		wrong: []wrong{{"a wrong path", []string{"TARGET=ws://localhost:{port}/"}, "bad_status", ""},
			{"the target's host as the virtual host", []string{"SEND="}, "refused_by_protocol", ""}},
		note: "WSHEALTHZ_SEND is CONNECT with host:/, which is RabbitMQ's default virtual host.", logs: rabbitLogs},
	{name: "rabbitmq web_mqtt", debian: "rabbitmq-server", program: "/usr/lib/rabbitmq/bin/rabbitmq-server",
		files: rabbit, before: epmd, command: rabbitCommand,
		env:   []string{"TARGET=ws://localhost:{port3}/ws", "CHECK=mqtt"},
		wrong: []wrong{{"a wrong path", []string{"TARGET=ws://localhost:{port3}/"}, "bad_status", ""}}, logs: rabbitLogs},
	{name: "prosody", debian: "prosody", program: "prosody",
		files: map[string]string{"conf.lua": `run_as_root = true; daemonize = false; pidfile = "{dir}/pid"; data_path = "{dir}"
interfaces = { "127.0.0.1" }; http_interfaces = { "127.0.0.1" }; http_ports = { {port} }; https_ports = {}; c2s_ports = {}; s2s_ports = {}
modules_enabled = { "websocket", "saslauth" }; modules_disabled = { "s2s" }; consider_websocket_secure = true
log = { info = "*console" }
VirtualHost "localhost"
`},
		command: []string{"prosody", "-F", "--config", "{dir}/conf.lua"},
		env:     []string{"TARGET=ws://localhost:{port}/xmpp-websocket", "CHECK=xmpp"},
		wrong: []wrong{{"a wrong path", []string{"TARGET=ws://localhost:{port}/"}, "bad_status", ""},
			{"another subprotocol", []string{"SUBPROTOCOLS=other"}, "bad_status", ""}}},
	{name: "libwebsockets test server", debian: "libwebsockets-test-server", program: "libwebsockets-test-server",
		command: []string{"libwebsockets-test-server", "--port", "{port}", "--interface", "lo"},
		env:     []string{"TARGET=ws://localhost:{port}/", "SUBPROTOCOLS=dumb-increment-protocol", ping},
		wrong:   []wrong{{"another subprotocol", []string{"SUBPROTOCOLS=other"}, "hung_up", ""}}},
	{name: "tomcat10", debian: "tomcat10", program: "/usr/share/tomcat10/bin/catalina.sh",
		files: map[string]string{"conf/server.xml": `<Server port="-1"><Service name="Catalina"><Connector port="{port}" address="127.0.0.1"/>
<Engine name="Catalina" defaultHost="localhost"><Host name="localhost" appBase="webapps"><Context path="/examples" docBase="/usr/share/tomcat10-examples/examples"/></Host></Engine></Service></Server>`,
			"logs/.keep": "", "temp/.keep": "", "work/.keep": "", "webapps/.keep": ""},
		command: []string{"env", "CATALINA_HOME=/usr/share/tomcat10", "CATALINA_BASE={dir}", "sh", "-c", "cp /etc/tomcat10/web.xml {dir}/conf/ && exec /usr/share/tomcat10/bin/catalina.sh run"},
		env:     []string{"TARGET=ws://localhost:{port}/examples/websocket/echoAnnotation", ping},
		wrong:   []wrong{{"a wrong path", []string{"TARGET=ws://localhost:{port}/examples/nothing"}, "bad_status", ""}}},
	{name: "janus", debian: "janus", program: "janus",
		files: map[string]string{
			"janus.jcfg":                      "general: { configs_folder = \"{dir}\" plugins_folder = \"{dir}\" transports_folder = \"{dir}/only\" events_folder = \"{dir}\" loggers_folder = \"{dir}\" }\nnat: { ice_ignore_list = \"lo\" }\n",
			"janus.transport.websockets.jcfg": "general: { ws = true ws_port = {port} ws_ip = \"127.0.0.1\" }\nadmin: { admin_ws = false }\n"},
		// Only one transport: the others have no configuration here, and one of them crashes janus now and then.
		command: []string{"sh", "-c", "mkdir {dir}/only && ln -s /usr/lib/*/janus/transports/libjanus_websockets.so* {dir}/only && exec janus -F {dir} -C {dir}/janus.jcfg --disable-colors"},
		env: []string{"TARGET=ws://localhost:{port}/", "SUBPROTOCOLS=janus-protocol",
			`SEND={"janus":"ping","transaction":"wshealthz"}`, `EXPECT="janus":\s*"pong"`},
		wrong: []wrong{{"no subprotocol", []string{"SUBPROTOCOLS=", "TIMEOUT=1s"}, "hung_up", ""},
			{"an unknown request", []string{`SEND={"janus":"nothing","transaction":"1"}`, "TIMEOUT=1s"}, "wrong_reply", ""}}},
	{name: "puma with Action Cable", debian: "ruby-actioncable", program: "puma",
		command: []string{"puma", "-b", "tcp://127.0.0.1:{port}", "{here}/cable.ru"},
		env:     []string{"TARGET=ws://localhost:{port}/cable", "ORIGIN=http://ok.example", "CHECK=actioncable"},
		wrong:   []wrong{{"no origin", []string{"ORIGIN="}, "bad_status", `set WSHEALTHZ_TARGET's path to the WebSocket's (a few answer 404 to a wrong Origin or Host: then try WSHEALTHZ_ORIGIN or WSHEALTHZ_HOST)`}}},
	{name: "nginx in front of ws", debian: "nginx", program: "nginx",
		files: map[string]string{"nginx.conf": `daemon off; master_process off; pid {dir}/pid; error_log stderr; events {}
http { access_log off; client_body_temp_path {dir}/1; proxy_temp_path {dir}/2; fastcgi_temp_path {dir}/3; uwsgi_temp_path {dir}/4; scgi_temp_path {dir}/5;
server { listen 127.0.0.1:{port};
 location / { proxy_pass http://127.0.0.1:{port2}; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; }
 location /plain/ { proxy_pass http://127.0.0.1:{port2}/; } location /down/ { proxy_pass http://127.0.0.1:{port3}/; } } }
`},
		before:  [][]string{{"node", "{here}/servers.mjs", "ws", "{port2}"}},
		command: []string{"nginx", "-p", "{dir}", "-c", "{dir}/nginx.conf"},
		env:     []string{"TARGET=ws://localhost:{port}/ws", ping},
		wrong: []wrong{{"a proxy that drops the Upgrade header", []string{"TARGET=ws://localhost:{port}/plain/ws"}, "bad_status", `the server did not see an upgrade: does a proxy in front of it drop the Upgrade header?`},
			{"no server behind the proxy", []string{"TARGET=ws://localhost:{port}/down/ws"}, "bad_status", `a proxy answers there and cannot reach the server that it is in front of: is that running?`}}},
	{name: "haproxy in front of ws", debian: "haproxy", program: "haproxy",
		files: map[string]string{"conf": `defaults
  mode http
  timeout connect 1s
  retries 0
  timeout client 1h
  timeout server 1h
listen all
  bind 127.0.0.1:{port}
  use_backend down if { path_beg /down }
  server ws 127.0.0.1:{port2}
backend down
  server none 127.0.0.1:{port3}
`},
		before:  [][]string{{"node", "{here}/servers.mjs", "ws", "{port2}"}},
		command: []string{"haproxy", "-db", "-f", "{dir}/conf"},
		env:     []string{"TARGET=ws://localhost:{port}/ws", ping},
		wrong: []wrong{{"no server behind the proxy", []string{"TARGET=ws://localhost:{port}/down"}, "bad_status", `a proxy answers there and cannot reach the server that it is in front of: is that running?`},
			{"a wrong path", []string{"TARGET=ws://localhost:{port}/"}, "bad_status", ""}}},
}

var rabbit = map[string]string{
	"rabbitmq.conf": "listeners.tcp = none\nweb_stomp.tcp.port = {port}\nweb_stomp.tcp.ip = 127.0.0.1\nweb_mqtt.tcp.port = {port3}\nweb_mqtt.tcp.ip = 127.0.0.1\nstomp.listeners.tcp = none\nmqtt.listeners.tcp = none\n" +
		"stomp.default_user = guest\nstomp.default_pass = guest\nmqtt.default_user = guest\nmqtt.default_pass = guest\nlog.console = true\nlog.console.level = warning\n",
	"plugins": "[rabbitmq_web_stomp,rabbitmq_web_mqtt].",
}

const rabbitLogs = "RabbitMQ 3.10 logs the shutdown of a supervisor for one or two of a hundred sessions that end immediately"

var epmd = [][]string{{"env", "ERL_EPMD_ADDRESS=127.0.0.1", "epmd", "-port", "{port2}"}}

var rabbitCommand = []string{"env", "HOME={dir}", "ERL_EPMD_PORT={port2}", "ERL_EPMD_ADDRESS=127.0.0.1", "RABBITMQ_NODENAME=test{port}@localhost", "RABBITMQ_DIST_PORT={port4}",
	"RABBITMQ_MNESIA_BASE={dir}/mnesia", "RABBITMQ_LOG_BASE={dir}/log", "RABBITMQ_LOGS=-", "RABBITMQ_CONFIG_FILE={dir}/rabbitmq.conf",
	"RABBITMQ_ENABLED_PLUGINS_FILE={dir}/plugins", "RABBITMQ_FEATURE_FLAGS_FILE={dir}/flags", "RABBITMQ_PID_FILE={dir}/pid", "RABBITMQ_CONF_ENV_FILE={dir}/none",
	"/usr/lib/rabbitmq/bin/rabbitmq-server"}
