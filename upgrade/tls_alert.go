package upgrade

import (
	"crypto/tls"
	"fmt"
	"slices"
)

// certificateAlerts are the TLS alerts about our certificate (RFC 8446 section 6.2, RFC 6066 section 9).
var certificateAlerts = []tls.AlertError{
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

// unrecognizedName is the alert for a server name that the server does not serve (RFC 6066 section 3).
const unrecognizedName tls.AlertError = 112

// alertFault returns the fault for an alert that the server sent, which crypto/tls tells only by its text.
func (s *session) alertFault(text, doing string) *fault {
	is := func(alert tls.AlertError) bool { return alert.Error() == text }
	f := &fault{reason: BadTLS, detail: doing + ": the server sent the alert " + text}
	switch {
	case slices.ContainsFunc(certificateAlerts, is):
		f.reason = BadCertificate
	case is(unrecognizedName):
		f.detail += s.nameAsked()
		f.hint = s.unknownNameHint()
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
