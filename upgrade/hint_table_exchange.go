package upgrade

// hintsOfExchanges are about the phase exchange. WSHEALTHZ_SEND and WSHEALTHZ_EXPECT are refused with ping.
var hintsOfExchanges = []hintRow{
	{ClosedEarly, 0, "a code for who may not connect", refusingCode, "refused: try %s", []cause{tryPath, tryCredentials, trySubprotocols, trySend}},
	{ClosedEarly, 0, "another end", nil, "ended after the handshake: see the server's log, or try %s", []cause{tryPath, trySubprotocols, trySend}},
	{WrongReply, 0, "not what is expected", expectSet, "does the server send what WSHEALTHZ_EXPECT matches? else try %s", []cause{trySend, tryTimeout}},
	{WrongReply, 0, "not the protocol's reply", nil, "the server does not reply as WSHEALTHZ_CHECK has it: try %s", []cause{fixed("another WSHEALTHZ_CHECK"), trySend, tryTimeout}},
	{RefusedByProtocol, 0, "", nil, "the server refuses in the protocol's own terms: try %s", []cause{trySend, tryCredentials}},
	{ReplyTimeout, 0, "messages but no Pong", every(pinging, messagesCame), "the server sends messages and answers no Ping (RFC 6455 section 5.5.2): try WSHEALTHZ_CHECK=handshake", nil},
	{ReplyTimeout, 0, "no Pong", pinging, "the server hangs, or answers no Ping (RFC 6455 section 5.5.2): then try WSHEALTHZ_CHECK=handshake", nil},
	{ReplyTimeout, 0, "no message", nil, "the server accepted the handshake and did not reply: does it hang? else try %s", []cause{trySend, tryTimeout}},
}
