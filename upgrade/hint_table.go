package upgrade

import "crypto/x509"

// hintTables hold all rows in the order in which they are tried: of a reason or status the particular ones come first.
var hintTables = [][]hintRow{hintsBelowHTTP, hintsOfRedirects, hintsOfStatuses, hintsOfExchanges}

// hintsBelowHTTP are about the phases dial and tls, and about responses that are not HTTP or are cut off.
var hintsBelowHTTP = []hintRow{
	{Refused, 0, "loopback was dialed", onLoopback,
		"is the server running, on this port? if it listens only on the pod's own address, set WSHEALTHZ_ADDRESS", nil},
	{Refused, 0, "another address was dialed", nil, "is the server running, and on the port of WSHEALTHZ_TARGET? else try %s", []cause{tryAddress}},
	{Unreachable, 0, "the address is configured", addressSet, "check the host in WSHEALTHZ_ADDRESS, DNS and network policies", nil},
	{Unreachable, 0, "the address is the target's", nil, "check the host in WSHEALTHZ_TARGET, DNS and network policies", nil},

	{BadTLS, 0, "the alert unrecognized_name", alerted(unrecognizedName), "the server does not know this name: try %s", []cause{tryServerName}},
	{BadTLS, 0, "the alert internal_error", alerted(internalError), "the server failed, or has no certificate for this name: see its log, or try %s", []cause{tryServerName}},
	{BadTLS, 0, "the alert handshake_failure in a renegotiation", every(alerted(handshakeFailure), secured), "the server wants a client certificate: try %s", []cause{tryCertificate}},
	{BadTLS, 0, "the alert handshake_failure", alerted(handshakeFailure),
		"an unknown name, no client certificate or no common cipher: try %s", []cause{tryServerName, tryCertificate}},
	{BadTLS, 0, "the alert protocol_version", alerted(protocolVersion), "the server has no TLS 1.2 or later, which browsers want too: turn it on there", nil},
	{BadTLS, 0, "the alert no_application_protocol", alerted(noApplicationProtocol), "the server offers no HTTP/1.1 on this port (ALPN), which WebSocket clients want: turn it on there", nil},
	{BadTLS, 0, "an HTTP response", notTLS("HTTP/"), "the port speaks plain HTTP: try %s", []cause{tryWS}},
	{BadTLS, 0, "other bytes that are not TLS", notTLS(""), "the port does not speak TLS: try another port or %s", []cause{tryWS}},
	{BadTLS, 0, "the end of the connection in a renegotiation", every(hungUpOnTLS, secured), "hung up when it asked for a client certificate: see its log; try %s", []cause{tryCertificate}},
	{BadTLS, 0, "the end of the connection", hungUpOnTLS, "hung up: see its log; try %s", []cause{tryServerName, tryCertificate, tryWS}},
	{BadTLS, 0, "something else", nil, "does this port speak TLS 1.2 or later? see the server's log, or try %s", []cause{tryCertificate, tryWS}},

	{BadCertificate, 0, "an alert, without a certificate of ours", anyAlert, "the server wants a client certificate: set %s", []cause{firstCertificate}},
	{BadCertificate, 0, "an alert about our certificate", anyAlert,
		"the server refuses our certificate, expired or of a CA that it does not trust: try %s", []cause{tryCertificate}},
	{BadCertificate, 0, "a certificate that has expired", refusedBecause(expired), "renew the server's certificate, or correct the clock: browsers refuse it too", nil},
	{BadCertificate, 0, "a certificate without names", refusedBecause(nameless),
		"the certificate has no subjectAltName, and browsers refuse it too: renew it with the server's name", nil},
	{BadCertificate, 0, "a certificate for another name", refusedBecause(isA[x509.HostnameError]), "the certificate is for another name: try %s", []cause{tryServerName}},
	{BadCertificate, 0, "an unknown authority", refusedBecause(isA[x509.UnknownAuthorityError]), "no CA that we trust has signed it: try %s", []cause{tryCA}},
	{BadCertificate, 0, "a certificate that does not parse", unparsed,
		"Go cannot parse this certificate, which browsers may take: give the server another, WSHEALTHZ_TLS_SKIP_VERIFY cannot help", nil},
	{BadCertificate, 0, "another fault of the certificate", nil, "give the server another certificate: most browsers refuse such a one too", nil},
	{TLSTimeout, 0, "", nil, "the port accepts and does not finish the TLS handshake: does the server hang? else try %s", []cause{tryWS}},

	{HungUp, 0, "nothing", nothingCame, "closed without an answer: see the server's log, or try %s", []cause{tryTarget, tryHost, trySubprotocols}},
	{HungUp, 0, "half an answer", nil, "the server ended in the middle of its answer: see its log for a crash or a restart", nil},
	{NotHTTP, 0, "a TLS record", tlsRecord, "the port speaks TLS: try %s", []cause{tryWSS}},
	{NotHTTP, 0, "HTTP/2", some(http2Frame, beginsWith("HTTP/2")),
		"the port speaks HTTP/2 only and WebSocket clients want HTTP/1.1: turn it on there, or try another port in WSHEALTHZ_TARGET", nil},
	{NotHTTP, 0, "another protocol's greeting", beginsWith(greetings...), "another protocol's port: try the WebSocket's port in WSHEALTHZ_TARGET", nil},
	{NotHTTP, 0, "a broken status line", beginsWith("HTTP/"), "the server writes a broken status line: browsers and gateways refuse it too", nil},
	{NotHTTP, 0, "something else", nil, "not a WebSocket server: try another port in WSHEALTHZ_TARGET", nil},
	{UpgradeTimeout, 0, "nothing", nothingCame, "the server accepts and does not answer: does it hang? else try %s", []cause{tryPath, tryTimeout}},
	{UpgradeTimeout, 0, "half an answer", nil, "the server stopped in the middle of its answer: it hangs, or is overloaded", nil},
	{BadSubprotocol, 0, "one unasked", not(offered), "set WSHEALTHZ_SUBPROTOCOLS to the one that the server chose: a browser refuses one that it did not offer", nil},
	{BadSubprotocol, 0, "none, or another one", nil, "the server takes none that is offered: try %s, as its documentation has them", []cause{trySubprotocols}},
	{BadExtension, 0, "compression that was not offered", compressedUnasked,
		"the server compresses without being asked: set WSHEALTHZ_EXTENSIONS to permessage-deflate, which browsers offer", nil},
}
