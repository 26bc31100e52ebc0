package upgrade

// Hints of the phase TLS that are more precise than those of the reasons.
const (
	unparsedHint = "wshealthz cannot parse this certificate, which browsers may take: give the server another; WSHEALTHZ_TLS_SKIP_VERIFY does not help"

	unknownNameHint = "the server does not know that name: set WSHEALTHZ_TLS_SERVER_NAME to the one that its users ask for"
	// With WSHEALTHZ_TLS_SKIP_VERIFY the variable above is a fault.
	unknownNameUnverifiedHint = "the server does not know that name: put the one that its users ask for in WSHEALTHZ_TARGET, and where to dial in WSHEALTHZ_ADDRESS"
)

// unknownNameHint returns the hint for a server that does not know the name that TLS asked for.
func (s *session) unknownNameHint() string {
	if s.unverified {
		return unknownNameUnverifiedHint
	}
	return unknownNameHint
}
