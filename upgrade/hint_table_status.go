package upgrade

// hintsOfRedirects are about any 3xx.
var hintsOfRedirects = []hintRow{
	{BadStatus, 0, "a redirect to https", toHTTPS, "a redirect to https: try %s", []cause{tryForwardedProto, tryWSS}},
	{BadStatus, 0, "a redirect to a sign-in page", toSignIn, "a redirect to a sign-in page: try " + pastSignIn, []cause{tryCredentials}},
	{BadStatus, 0, "a redirect to a path with a slash", toSlash, "end the path in WSHEALTHZ_TARGET with /, as the redirect does: browsers do not follow it either", nil},
	{BadStatus, 0, "a redirect to another host", toOtherHost, "a redirect to another host: try %s", []cause{tryHost, fixed("WSHEALTHZ_TARGET as it points")}},
	{BadStatus, 0, "another redirect", redirects, "neither wshealthz nor a browser follows redirects here: set WSHEALTHZ_TARGET to where it points", nil},
}

// pastSignIn is what to try about a sign-in page.
const pastSignIn = "the server's own port and path in WSHEALTHZ_TARGET, not the proxy's, or %s"

// hintsOfStatuses are about responses that are neither 101 nor redirects.
var hintsOfStatuses = []hintRow{
	{BadStatus, 0, "an interim response", interim, "an interim response, which neither browsers nor gateways pass over: turn it off in the server", nil},
	{BadStatus, 200, "a sign-in page", says(signIn), "a sign-in page: try " + pastSignIn, []cause{tryCredentials}},
	{BadStatus, 200, "no body", emptyBody, "nothing is served for this Host or path: try %s", []cause{tryHost, tryPath}},
	{BadStatus, 200, "a page", nil, "that is a web page: set WSHEALTHZ_TARGET's path to the WebSocket's", nil},

	{BadStatus, 400, "words about a client certificate", says("(ssl|client) certificate"), "the server wants a client certificate: try %s", []cause{tryCertificate}},
	{BadStatus, 400, "words about TLS", says(`\b(ssl|tls)\b|https (port|server)|plain http`), "the port speaks TLS: try %s", []cause{tryWSS}},
	{BadStatus, 400, "words about SNI", says(`\bsni\b`), "Host and the name in TLS must be alike and known to the server: try %s", []cause{tryServerName, tryHost}},
	{BadStatus, 400, "words about Host", says(hostRefused), "the server refuses this Host: try %s", []cause{tryHost}},
	{BadStatus, 400, "words about Origin", says(`\borigins?\b`), "the server refuses this Origin: try %s", []cause{tryOrigin}},
	{BadStatus, 400, "Engine.IO's code for a wrong query", says(`"code":[05]\b|transport unknown|unsupported protocol version`), "set WSHEALTHZ_TARGET's query to ?EIO=4&transport=websocket (EIO=3 before Socket.IO 3)", nil},
	{BadStatus, 400, "Engine.IO's code for who is refused", says(`"code":4\b`), "Engine.IO refuses this client: try %s", []cause{tryOrigin, tryCredentials}},
	{BadStatus, 400, "Engine.IO's empty answer", every(engineIO, emptyBody), "Engine.IO refuses this client: try %s", []cause{tryOrigin, tryCredentials}},
	{BadStatus, 400, "words about a subprotocol", says("subprotocol|sec-websocket-protocol"), "the server wants a subprotocol: try %s", []cause{trySubprotocols}},
	{BadStatus, 400, "other words", nil, "a bad request to this server: try %s", []cause{tryPath, trySubprotocols, tryHost, tryOrigin}},

	{BadStatus, 401, "a challenge that wants several requests", every(has("WWW-Authenticate", "ntlm", "negotiate", "digest"), not(has("WWW-Authenticate", "basic", "bearer"))),
		"no fixed header can answer NTLM, Negotiate or Digest: try a path that does not ask for it in WSHEALTHZ_TARGET", nil},
	{BadStatus, 401, "words about an old token", every(says("expired|stale"), configured("Authorization")),
		"the token is too old: renew it in WSHEALTHZ_HEADERS_FILE, which each probe reads again, or try a path that wants none", nil},
	{BadStatus, 401, "Authorization refused", configured("Authorization"), "the server refuses these credentials: try %s", []cause{tryCredentials}},
	{BadStatus, 401, "", nil, "the server wants credentials: put an Authorization or Cookie line into WSHEALTHZ_HEADERS_FILE, or a token into WSHEALTHZ_TARGET's query", nil},
	{BadStatus, 407, "", nil, "a proxy wants credentials: put Proxy-Authorization into WSHEALTHZ_HEADERS_FILE, or try the server itself in WSHEALTHZ_TARGET", nil},

	{BadStatus, 403, "a sign-in page", says(signIn), "a sign-in page: try " + pastSignIn, []cause{tryCredentials}},
	{BadStatus, 403, "words about a client certificate", says("(ssl|client) certificate"), "the server wants a client certificate: try %s", []cause{tryCertificate}},
	{BadStatus, 403, "words about a late certificate", says("post-handshake"),
		"the server asks for a certificate after the handshake, which no browser answers in TLS 1.3: let it ask in the handshake", nil},
	{BadStatus, 403, "words about Host", says(hostRefused), "the server refuses this Host: try %s", []cause{tryHost}},
	{BadStatus, 403, "words about Origin", says(`\borigins?\b`), "the server refuses this Origin: try %s", []cause{tryOrigin}},
	{BadStatus, 403, "a library that refuses origins", has("Sec-WebSocket-Version", "13"), "the server refuses this Origin: try %s", []cause{tryOrigin}},
	{BadStatus, 403, "Envoy", every(has("Server", "envoy"), emptyBody), "Envoy refuses upgrades unless it has upgrade_configs with websocket; else try %s", []cause{tryPath, tryHost}},
	{BadStatus, 403, "", nil, "try %s", []cause{tryPath, tryHost, tryOrigin, tryHeaders, tryCertificate}},

	{BadStatus, 404, "", nil, "set WSHEALTHZ_TARGET's path to the WebSocket's (a few answer 404 to a wrong Origin or Host: then try %s)", []cause{tryOrigin, tryHost}},
	{BadStatus, 405, "", nil, "no WebSocket on this path: set WSHEALTHZ_TARGET's path to the WebSocket's", nil},
	{BadStatus, 421, "", nil, "the server does not know this Host, or it is not the name in TLS: try %s", []cause{tryHost, tryServerName}},
	{BadStatus, 426, "", nil, "the server did not see an upgrade: does a proxy in front of it drop the Upgrade header?", nil},
	{BadStatus, 429, "probes that are not too frequent", rarelyProbed, "a rate limit that others use up: exempt wshealthz from it", nil},
	{BadStatus, 429, "", nil, "a rate limit: try %s", []cause{tryMaxAge}},
	{BadStatus, 500, "", nil, "see the server's log for the error; a few answer 500 to a wrong path or subprotocol: try %s", []cause{trySubprotocols, tryPath}},
	{BadStatus, 502, "", nil, noBackend, nil},
	{BadStatus, 503, "nginx' own page", every(has("Server", "nginx"), says("<center>nginx")), "nginx itself answers 503: in turns with ok for limit_req (then try %s), else for maintenance", []cause{tryMaxAge}},
	{BadStatus, 503, "a proxy without a server", says("no server is available|no healthy upstream|upstream connect error"), noBackend, nil},
	{BadStatus, 503, "", nil, "the server is overloaded, starting or stopping: see its log; in turns with ok it is a rate limit: try %s", []cause{tryMaxAge}},
	{BadStatus, 504, "", nil, noBackend, nil},
}

const noBackend = "a proxy answers there and cannot reach the server that it is in front of: is that running?"

// hostRefused are the words with which servers refuse a Host.
const hostRefused = "(blocked|invalid|unknown|disallowed) ?host|host (header|specified|not allowed)|allowed_hosts"

// greetings are the first bytes of servers that are not HTTP: SSH, SMTP and FTP, POP3 and Redis, IMAP, AMQP, VNC, NATS.
var greetings = []string{"SSH-", "220 ", "220-", "+OK", "+PONG", "-ERR", "-NOAUTH", "-DENIED", "* OK", "AMQP", "RFB ", "INFO {"}
