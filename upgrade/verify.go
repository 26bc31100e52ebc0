package upgrade

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"slices"
)

// verifyServer returns a function for tls.Config.VerifyConnection that verifies the server's certificates as crypto/tls
// does, with the constraints on directory names that crypto/x509 does not know: it refuses them where they are critical
// and ignores them where they are not, while OpenSSL and browsers check them.
func verifyServer(roots *x509.CertPool, name string) func(tls.ConnectionState) error {
	return func(state tls.ConnectionState) error {
		certs := state.PeerCertificates
		options := x509.VerifyOptions{Roots: roots, DNSName: name, Intermediates: x509.NewCertPool()}
		for _, cert := range certs[1:] {
			options.Intermediates.AddCert(HandleNameConstraints(cert))
		}
		chains, err := HandleNameConstraints(certs[0]).Verify(options)
		if err == nil {
			err = checkNames(chains)
		}
		if err != nil {
			return &tls.CertificateVerificationError{UnverifiedCertificates: certs, Err: err}
		}
		return nil
	}
}

// HandleNameConstraints prepares a root certificate for the RootCAs of Target.TLS. crypto/x509 refuses an authority whose
// critical name constraints have a kind that it does not know, such as directory names. Probe checks those itself, so the
// copy that is returned no longer lists them as unhandled; any other certificate is returned as it is. Nothing but Probe
// may verify with the copy.
func HandleNameConstraints(cert *x509.Certificate) *x509.Certificate {
	if !slices.ContainsFunc(cert.UnhandledCriticalExtensions, nameConstraintsID.Equal) {
		return cert
	}
	if _, err := parseNameConstraints(cert); err != nil {
		return cert
	}
	handled := *cert
	handled.UnhandledCriticalExtensions = slices.DeleteFunc(slices.Clone(cert.UnhandledCriticalExtensions), nameConstraintsID.Equal)
	return &handled
}

// checkNames returns nil when the names in one of the chains comply with the constraints that crypto/x509 does not
// know, otherwise what is wrong with the first chain.
func checkNames(chains [][]*x509.Certificate) (first error) {
	for _, chain := range chains {
		err := checkChainNames(chain)
		if err == nil {
			return nil
		}
		if first == nil {
			first = err
		}
	}
	return first
}

// checkChainNames applies the constraints of each authority in a chain to the certificates below it. A certificate that
// an authority issued to itself is exempt, unless it is the server's (RFC 5280 section 6.1.3, (b) and (c)).
func checkChainNames(chain []*x509.Certificate) error {
	for i, authority := range chain {
		constraints, err := parseNameConstraints(authority)
		if err != nil {
			return refuseName(chain[0], authority, err)
		}
		for j, cert := range chain[:i] {
			if j > 0 && string(cert.RawIssuer) == string(cert.RawSubject) {
				continue
			}
			if err := constraints.check(cert); err != nil {
				return refuseName(chain[0], authority, err)
			}
		}
	}
	return nil
}

// refuseName returns what crypto/x509 returns for the constraints that it knows.
func refuseName(leaf, authority *x509.Certificate, err error) error {
	return x509.CertificateInvalidError{
		Cert: leaf, Reason: x509.CANotAuthorizedForThisName, Detail: fmt.Sprintf("%v of %q", err, authority.Subject),
	}
}
