package upgrade

import "crypto/tls"

// clientConfig returns the target's TLS configuration with what browsers and OpenSSL do and crypto/tls does only when
// it is told to.
func (s *session) clientConfig() *tls.Config {
	s.tlsConfig = s.TLS()
	config := s.tlsConfig.Clone()
	// A server with TLS 1.2 may ask for a certificate once it knows the path. Apache does.
	config.Renegotiation = tls.RenegotiateOnceAsClient
	if len(config.Certificates) > 0 {
		config.GetClientCertificate = clientCertificate(config.Certificates)
	}
	// Without a name crypto/tls refuses to begin, unless InsecureSkipVerify is set.
	if !config.InsecureSkipVerify && config.ServerName != "" {
		config.InsecureSkipVerify = true
		config.VerifyConnection = verifyServer(config.RootCAs, config.ServerName)
	}
	return config
}

// clientCertificate returns a function for tls.Config.GetClientCertificate. It returns the first certificate whose key
// can sign what the server can check, whatever authorities the server names: the list may be incomplete, and only the
// server can tell. Left to itself, crypto/tls sends nothing then. It returns an empty certificate when no key will do.
func clientCertificate(own []tls.Certificate) func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	return func(request *tls.CertificateRequestInfo) (*tls.Certificate, error) {
		anyAuthority := *request
		anyAuthority.AcceptableCAs = nil
		for i := range own {
			if anyAuthority.SupportsCertificate(&own[i]) == nil {
				return &own[i], nil
			}
		}
		return new(tls.Certificate), nil
	}
}
