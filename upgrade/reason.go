package upgrade

// Phase is a step on the way to a verdict, in the order in which they are taken.
type Phase uint8

const (
	NoPhase  Phase = iota // the reason has none: ok, draining, canceled, internal
	Dial                  // TCP connect, with the name's look-up
	TLS                   // TLS handshake, for wss:// only
	Upgrade               // opening handshake, RFC 6455 section 4.1
	Exchange              // messages after the handshake

	phaseCount = iota
)

var phaseNames = [phaseCount]string{"", "dial", "tls", "upgrade", "exchange"}

// String is the phase's name as bodies and logs show it; empty for NoPhase.
func (p Phase) String() string { return phaseNames[p] }

// Reason says why a verdict is what it is. The set is closed: reasons holds all of it.
type Reason uint8

const (
	OK       Reason = iota // a WebSocket client would be served
	Draining               // the pod is going away, whatever the server says
	Canceled               // whoever asked gave up before there was a verdict
	Internal               // our own fault: a panic, no descriptors, no ports

	Refused     // the address answers, nobody listens on the port
	Unreachable // no such name, no route, or a network policy
	DialTimeout // no answer to the connect within the budget

	BadTLS         // no TLS, or none that both sides speak
	BadCertificate // a certificate that we refuse, or that the server refuses
	TLSTimeout     // no end of the TLS handshake within the budget

	HungUp         // EOF or reset before the end of the response head
	NotHTTP        // first bytes that are no HTTP/1.x status line
	BadStatus      // any status but 101
	BadHeader      // Upgrade, Connection or the head itself is wrong
	BadAccept      // Sec-WebSocket-Accept is missing, wrong or there twice
	BadSubprotocol // a subprotocol not asked for, or none of those asked for
	BadExtension   // an extension, and we offer none
	UpgradeTimeout // no end of the response head within the budget

	ClosedEarly       // Close, EOF or reset before the awaited message
	BadFrame          // the framing rules broken
	WrongReply        // messages came, and none matched within the budget
	RefusedByProtocol // a refusal in the protocol's own words
	ReplyTimeout      // no message within the budget; for ping no Pong

	reasonCount = iota
)

// reasons is the closed set: name and phase as bodies, logs and labels show them, and what to try.
// A hint may be sharpened where the verdict is made (statusHint), never left out.
var reasons = [reasonCount]struct {
	name  string
	phase Phase
	hint  string
}{
	OK:       {"ok", NoPhase, ""},
	Draining: {"draining", NoPhase, "the pod is being stopped, nothing to mend"},
	Canceled: {"canceled", NoPhase, "interrupted before there was a verdict, ask again"},
	Internal: {"internal", NoPhase, "a fault on wshealthz's side, not the server's: see its log, and the limits of open files and local ports"},

	Refused:     {"refused", Dial, "is the server running, on this port? if it listens on the pod's own address only, set WSHEALTHZ_ADDRESS"},
	Unreachable: {"unreachable", Dial, "check the host in WSHEALTHZ_TARGET or WSHEALTHZ_ADDRESS, DNS and network policies"},
	DialTimeout: {"dial_timeout", Dial, "the server does not accept connections: stopped, overloaded with a full accept queue, or packets are dropped"},

	BadTLS:         {"bad_tls", TLS, "does this port speak TLS 1.2 or later, or want WSHEALTHZ_TLS_CERT_FILE? for plain HTTP set WSHEALTHZ_TARGET to ws://"},
	BadCertificate: {"bad_certificate", TLS, "set WSHEALTHZ_TLS_CA_FILE and WSHEALTHZ_TLS_SERVER_NAME to fit the server's certificate, or WSHEALTHZ_TLS_CERT_FILE and _KEY_FILE if it wants one"},
	TLSTimeout:     {"tls_timeout", TLS, "the port accepts but does not finish the TLS handshake: a hanging server, or plain HTTP, then set WSHEALTHZ_TARGET to ws://"},

	HungUp:         {"hung_up", Upgrade, "see the server's log: it crashed, is shutting down, or wants TLS (then wss://) or another path in WSHEALTHZ_TARGET"},
	NotHTTP:        {"not_http", Upgrade, "is this the WebSocket port? if it speaks TLS, set WSHEALTHZ_TARGET to wss://"},
	BadStatus:      {"bad_status", Upgrade, "see the server's log for why it refused the handshake"},
	BadHeader:      {"bad_header", Upgrade, "something between here and the server does not speak WebSocket, or mends headers"},
	BadAccept:      {"bad_accept", Upgrade, "the server or a cache before it did not answer this handshake: browsers refuse it too"},
	BadSubprotocol: {"bad_subprotocol", Upgrade, "set WSHEALTHZ_SUBPROTOCOLS to names that the server knows, or to none if it wants none"},
	BadExtension:   {"bad_extension", Upgrade, "the server uses an extension that nobody offered: conforming clients refuse it too"},
	UpgradeTimeout: {"upgrade_timeout", Upgrade, "the server accepts but does not answer: hanging, overloaded, or slower than WSHEALTHZ_TIMEOUT"},

	ClosedEarly:       {"closed_early", Exchange, "the server took the handshake and ended the session: see its log, and what WSHEALTHZ_CHECK and WSHEALTHZ_SEND say to it"},
	BadFrame:          {"bad_frame", Exchange, "the server breaks the framing of RFC 6455 section 5: browsers end such a session too"},
	WrongReply:        {"wrong_reply", Exchange, "does the server speak what WSHEALTHZ_CHECK or WSHEALTHZ_EXPECT wait for, and within WSHEALTHZ_TIMEOUT?"},
	RefusedByProtocol: {"refused_by_protocol", Exchange, "the server refuses in its own words: give what it wants in WSHEALTHZ_SEND or WSHEALTHZ_HEADERS_FILE"},
	ReplyTimeout:      {"reply_timeout", Exchange, "the server took the handshake and said nothing: it hangs, or waits for another WSHEALTHZ_SEND"},
}

// String is the reason's name as bodies, logs and labels show it.
func (r Reason) String() string { return reasons[r].name }

// Phase is the phase that the reason belongs to, NoPhase for the four that have none.
func (r Reason) Phase() Phase { return reasons[r].phase }

// Hint says what to try; empty for OK.
func (r Reason) Hint() string { return reasons[r].hint }

// Reasons returns the closed set, in the order of the phases.
func Reasons() []Reason {
	all := make([]Reason, reasonCount)
	for i := range all {
		all[i] = Reason(i)
	}
	return all
}

// Phases returns the phases that a probe goes through, in order.
func Phases() []Phase { return []Phase{Dial, TLS, Upgrade, Exchange} }
