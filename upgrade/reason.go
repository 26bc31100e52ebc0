package upgrade

// A Phase is a step on the way to a verdict. They are in the order in which the steps are taken.
type Phase uint8

const (
	NoPhase  Phase = iota // the reason has none: ok, draining, canceled, internal
	Dial                  // name lookup and TCP connect
	TLS                   // TLS handshake, for wss:// only
	Upgrade               // opening handshake, RFC 6455 section 4.1
	Exchange              // messages after the handshake

	phaseCount = iota
)

var phaseNames = [phaseCount]string{"", "dial", "tls", "upgrade", "exchange"}

// String returns the phase's name as bodies and logs show it, "" for NoPhase.
func (p Phase) String() string { return phaseNames[p] }

// A Reason is why a verdict is what it is. The set is closed: the table reasons holds all of it.
type Reason uint8

const (
	OK       Reason = iota // a WebSocket client would be served
	Draining               // the pod is going away, whatever the server says
	Canceled               // the caller gave up before there was a verdict
	Internal               // our own fault: a panic, no descriptors, no ports

	Refused     // the host answers, but nothing listens on the port
	Unreachable // no such name, no route, or a network policy
	DialTimeout // no answer to the connect within the budget

	BadTLS         // no TLS, or no version or cipher that both sides support
	BadCertificate // we refuse the server's certificate, or it refuses ours or the lack of one
	TLSTimeout     // the TLS handshake did not end within the budget

	HungUp         // EOF or reset before the end of the response head
	NotHTTP        // the first bytes are not an HTTP/1.x status line
	BadStatus      // any status but 101
	BadHeader      // Upgrade, Connection or the head itself is wrong
	BadAccept      // Sec-WebSocket-Accept is missing, wrong or there twice
	BadSubprotocol // a subprotocol that was not offered, or none of those that were
	BadExtension   // an extension that was not offered, or wrong parameters of the one that was
	UpgradeTimeout // the response head did not end within the budget

	ClosedEarly       // Close, EOF or reset before the awaited message
	BadFrame          // the framing rules are broken
	WrongReply        // messages arrived, but none matched within the budget
	RefusedByProtocol // a refusal in the protocol's own terms
	ReplyTimeout      // no message arrived within the budget; for ping no Pong

	reasonCount = iota
)

// reasons holds the name and the phase of each reason, as bodies, logs and labels show them, and what to try. A verdict
// may have a more precise hint (hint_table.go), never none.
var reasons = [reasonCount]struct {
	name  string
	phase Phase
	hint  string
}{
	OK:       {"ok", NoPhase, ""},
	Draining: {"draining", NoPhase, "SIGTERM or wshealthz drain, nothing to fix"},
	Canceled: {"canceled", NoPhase, "interrupted before there was a verdict, try again"},
	Internal: {"internal", NoPhase, "a fault of wshealthz, not of the server: see its log, and the limits on open files and local ports"},

	Refused:     {"refused", Dial, "is the server running, on this port? if it listens only on the pod's own address, set WSHEALTHZ_ADDRESS"},
	Unreachable: {"unreachable", Dial, "check the host in WSHEALTHZ_TARGET or WSHEALTHZ_ADDRESS, DNS and network policies"},
	DialTimeout: {"dial_timeout", Dial, "the server does not accept connections: stopped, overloaded with a full accept queue, or packets are dropped"},

	BadTLS:         {"bad_tls", TLS, "does this port speak TLS 1.2 or later? does it want WSHEALTHZ_TLS_CERT_FILE? for plain HTTP set WSHEALTHZ_TARGET to ws://"},
	BadCertificate: {"bad_certificate", TLS, "set WSHEALTHZ_TLS_CA_FILE and WSHEALTHZ_TLS_SERVER_NAME to match the server's certificate, or WSHEALTHZ_TLS_CERT_FILE and _KEY_FILE if it wants one"},
	TLSTimeout:     {"tls_timeout", TLS, "the port accepts but does not finish the TLS handshake: does the server hang? for plain HTTP set WSHEALTHZ_TARGET to ws://"},

	HungUp:         {"hung_up", Upgrade, "see the server's log: it crashed, is shutting down, or wants TLS (then wss://) or another path in WSHEALTHZ_TARGET"},
	NotHTTP:        {"not_http", Upgrade, "is this the WebSocket port? if it speaks TLS, set WSHEALTHZ_TARGET to wss://"},
	BadStatus:      {"bad_status", Upgrade, "see the server's log for why it refused the handshake"},
	BadHeader:      {"bad_header", Upgrade, "something between here and the server does not speak WebSocket, or rewrites headers"},
	BadAccept:      {"bad_accept", Upgrade, "the server or a cache in front of it did not answer this handshake: browsers refuse it too"},
	BadSubprotocol: {"bad_subprotocol", Upgrade, "set WSHEALTHZ_SUBPROTOCOLS to names that the server knows, or to none if it wants none"},
	BadExtension:   {"bad_extension", Upgrade, "the server uses an extension that was not offered, or wrongly: browsers refuse it too"},
	UpgradeTimeout: {"upgrade_timeout", Upgrade, "the server accepts but does not answer: hanging, overloaded, or slower than WSHEALTHZ_TIMEOUT"},

	ClosedEarly:       {"closed_early", Exchange, "the server accepted the handshake and then ended the session: see its log, and what WSHEALTHZ_CHECK and WSHEALTHZ_SEND send"},
	BadFrame:          {"bad_frame", Exchange, "the server breaks the framing of RFC 6455 section 5: browsers end such a session too"},
	WrongReply:        {"wrong_reply", Exchange, "does the server send what WSHEALTHZ_CHECK or WSHEALTHZ_EXPECT waits for, and within WSHEALTHZ_TIMEOUT?"},
	RefusedByProtocol: {"refused_by_protocol", Exchange, "the server refuses in the protocol's own terms: put what it wants in WSHEALTHZ_SEND or WSHEALTHZ_HEADERS_FILE"},
	ReplyTimeout:      {"reply_timeout", Exchange, "the server accepted the handshake and did not reply: it hangs, or waits for another WSHEALTHZ_SEND"},
}

// String returns the reason's name as bodies, logs and labels show it.
func (r Reason) String() string { return reasons[r].name }

// Phase returns the phase that the reason belongs to, NoPhase for the four that have none.
func (r Reason) Phase() Phase { return reasons[r].phase }

// Hint returns what to try, "" for OK.
func (r Reason) Hint() string { return reasons[r].hint }

// Reasons returns all reasons, in the order of the phases.
func Reasons() []Reason {
	all := make([]Reason, reasonCount)
	for i := range all {
		all[i] = Reason(i)
	}
	return all
}

// Phases returns the phases of a probe, in order, without NoPhase.
func Phases() []Phase { return []Phase{Dial, TLS, Upgrade, Exchange} }
