package upgrade

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"
)

// handshakeTLS does the TLS handshake of a wss target within the connection's deadline. HandshakeContext would close the
// connection, and a close with unread bytes is a reset.
func (s *session) handshakeTLS() *fault {
	conn := tls.Client(s.conn, s.clientConfig())
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
	return s.handshakeFault(err, doing)
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

// tlsFault returns the fault for an error of TLS itself, which any read may return; nil for other errors. A read also
// does the handshake again when the server asks for that.
func (s *session) tlsFault(err error, doing string) *fault {
	secured, ok := s.conn.(*tls.Conn)
	switch {
	case !ok:
		return nil
	case !secured.ConnectionState().HandshakeComplete:
		return s.handshakeFault(err, doing+", TLS renegotiation")
	}
	return s.recordFault(err, doing)
}

// handshakeFault returns the fault for any error of a TLS handshake but the end of the budget.
func (s *session) handshakeFault(err error, doing string) *fault {
	if f := s.recordFault(err, doing); f != nil {
		return f
	}
	detail := doing + ": " + ioText(err)
	text := err.Error() // crypto/tls has no types for what follows
	switch {
	case strings.HasPrefix(text, "tls: failed to parse certificate from server: "):
		return &fault{reason: BadCertificate, detail: detail}
	case strings.Contains(text, "certificateMsg"): // a message that came out of turn
		return &fault{reason: BadTLS, detail: detail}
	case strings.Contains(text, "certificate"): // its kind or size of key, or what was signed with it
		return &fault{reason: BadCertificate, detail: detail}
	}
	return &fault{reason: BadTLS, detail: detail}
}

// recordFault returns the fault for an alert, for bytes that are not TLS, and for certificates that are refused; nil for other
// errors.
func (s *session) recordFault(err error, doing string) *fault {
	var (
		refused *tls.CertificateVerificationError
		notTLS  tls.RecordHeaderError
		op      *net.OpError
	)
	s.tlsErr = err
	switch {
	case errors.As(err, &refused):
		return &fault{reason: BadCertificate, detail: doing + ": " + refused.Err.Error()}
	case errors.As(err, &notTLS):
		return &fault{reason: BadTLS, detail: fmt.Sprintf("%s: got %s, want a TLS record", doing, s.quote(notTLS.RecordHeader[:]))}
	case errors.As(err, &op) && op.Op == "remote error":
		return s.alertFault(op.Err.Error(), doing)
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
