package upgrade

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"
	"time"
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

// handshakeTLS does the TLS handshake of a wss target within the connection's deadline. HandshakeContext would close the
// connection, and a close with unread bytes is a reset.
func (s *session) handshakeTLS() *fault {
	conn := tls.Client(s.tcp, s.TLS())
	s.conn = conn
	err := conn.Handshake()
	s.certificateEnds = firstEnd(conn.ConnectionState().PeerCertificates)
	if err == nil {
		return nil
	}
	var refused *tls.CertificateVerificationError
	if errors.As(err, &refused) {
		s.certificateEnds = firstEnd(refused.UnverifiedCertificates)
	}
	doing := fmt.Sprintf("TLS handshake with %s for %s", s.peer, &s.Target)
	if f := s.ended(err, TLSTimeout, doing, s.budget); f != nil {
		return f
	}
	if f := s.tlsFault(err, doing); f != nil {
		return f
	}
	reason := BadTLS
	if strings.Contains(err.Error(), "certificate") {
		reason = BadCertificate // it cannot be parsed, or its kind of key is unknown: crypto/tls has no type for that
	}
	return &fault{reason: reason, detail: doing + ": " + ioText(err)}
}

// firstEnd returns when the first certificate of a chain expires; zero for an empty chain.
func firstEnd(chain []*x509.Certificate) (first time.Time) {
	for _, certificate := range chain {
		if end := certificate.NotAfter; first.IsZero() || end.Before(first) {
			first = end
		}
	}
	return first
}

// tlsFault returns the fault for an error of TLS itself, which any read may return; nil for other errors.
func (s *session) tlsFault(err error, doing string) *fault {
	var (
		refused *tls.CertificateVerificationError
		notTLS  tls.RecordHeaderError
		op      *net.OpError
	)
	switch {
	case errors.As(err, &refused):
		return &fault{reason: BadCertificate, detail: doing + ": " + refused.Err.Error()}
	case errors.As(err, &notTLS):
		return &fault{reason: BadTLS, detail: fmt.Sprintf("%s: got %s, want a TLS record", doing, s.quote(notTLS.RecordHeader[:]))}
	case errors.As(err, &op) && op.Op == "remote error":
		reason := BadTLS
		if slices.ContainsFunc(certificateAlerts, func(a tls.AlertError) bool { return a.Error() == op.Err.Error() }) {
			reason = BadCertificate
		}
		return &fault{reason: reason, detail: doing + ": the server sent the alert " + op.Err.Error()}
	case errors.As(err, &op) && op.Op == "local error":
		return &fault{reason: BadTLS, detail: doing + ": " + op.Err.Error()}
	}
	return nil
}

// ioText returns how a connection ended, without the addresses in the text of err.
func ioText(err error) string {
	var errno syscall.Errno
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the server closed the connection"
	case isReset(err):
		return "the server reset the connection"
	case errors.As(err, &errno):
		return errno.Error()
	}
	return err.Error()
}
