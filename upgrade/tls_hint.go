package upgrade

// Hints of the phase TLS that are more precise than those of the reasons.
const (
	unparsedHint = "wshealthz cannot parse this certificate, which browsers may take: give the server another; WSHEALTHZ_TLS_SKIP_VERIFY does not help"

	// For the alert unrecognized_name. With WSHEALTHZ_TLS_SKIP_VERIFY the variable is a fault.
	unknownNameHint           = "the server does not know that name: set WSHEALTHZ_TLS_SERVER_NAME to the one that its users ask for"
	unknownNameUnverifiedHint = "the server does not know that name: put the one that its users ask for in WSHEALTHZ_TARGET, and where to dial in WSHEALTHZ_ADDRESS"

	// For the alert internal_error, which Caddy and other servers in Go send for an unknown name.
	doubtfulNameHint           = "does the server know that name? set WSHEALTHZ_TLS_SERVER_NAME to the one that its users ask for, or see its log"
	doubtfulNameUnverifiedHint = "does the server know that name? put the one that its users ask for in WSHEALTHZ_TARGET, where to dial in WSHEALTHZ_ADDRESS, or see its log"

	// For the alert handshake_failure, which with TLS 1.2 also means that a client certificate is missing or not good enough.
	noCertificateHint    = "does the server want WSHEALTHZ_TLS_CERT_FILE and _KEY_FILE? does it know that name? do both sides have a TLS version and a cipher in common?"
	otherCertificateHint = "does the server take the certificate in WSHEALTHZ_TLS_CERT_FILE? does it know that name? do both sides have a TLS version and a cipher in common?"
)

// alertHint returns the hint for an alert, "" for that of the reason.
func (s *session) alertHint(is func(alert) bool) string {
	unverified := s.tlsConfig.InsecureSkipVerify
	switch {
	case is(unrecognizedName) && unverified:
		return unknownNameUnverifiedHint
	case is(unrecognizedName):
		return unknownNameHint
	case is(internalError) && unverified:
		return doubtfulNameUnverifiedHint
	case is(internalError):
		return doubtfulNameHint
	case is(handshakeFailure) && len(s.tlsConfig.Certificates) == 0:
		return noCertificateHint
	case is(handshakeFailure):
		return otherCertificateHint
	}
	return ""
}
