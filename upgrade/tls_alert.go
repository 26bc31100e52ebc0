package upgrade

import (
	"crypto/tls"
	"fmt"
	"slices"
)

type alert = tls.AlertError

// certificateAlerts are the TLS alerts about our certificate (RFC 8446 section 6.2, RFC 6066 section 9).
var certificateAlerts = []alert{
	42,  // bad_certificate
	43,  // unsupported_certificate
	44,  // certificate_revoked
	45,  // certificate_expired
	46,  // certificate_unknown
	48,  // unknown_ca
	111, // certificate_unobtainable
	113, // bad_certificate_status_response
	114, // bad_certificate_hash_value
	116, // certificate_required
}

// Alerts that lead to hints of their own (RFC 8446 section 6.2, RFC 6066 section 3, RFC 7301 section 3.2). Three of them may
// be about the name that was asked for.
const (
	handshakeFailure      alert = 40
	protocolVersion       alert = 70
	internalError         alert = 80
	unrecognizedName      alert = 112
	noApplicationProtocol alert = 120
)

// alertFault returns the fault for an alert that the server sent, which crypto/tls tells only by its text.
func (s *session) alertFault(text, doing string) *fault {
	is := func(a alert) bool { return a.Error() == text }
	f := &fault{reason: BadTLS, detail: doing + ": the server sent the alert " + text}
	switch {
	case slices.ContainsFunc(certificateAlerts, is):
		f.reason = BadCertificate
	case is(handshakeFailure), is(internalError), is(unrecognizedName):
		f.detail += s.nameAsked()
	}
	return f
}

// nameAsked returns which server the handshake asked for. It asks for no IP address (RFC 6066 section 3).
func (s *session) nameAsked() string {
	secured, ok := s.conn.(*tls.Conn)
	if !ok {
		return ""
	}
	if name := secured.ConnectionState().ServerName; name != "" {
		return fmt.Sprintf(", asked for %q", name)
	}
	return ", asked for no name"
}
