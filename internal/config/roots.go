package config

import (
	"bytes"
	"cmp"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"wshealthz/upgrade"
)

// pemCertificate is the type of a certificate's PEM block (RFC 7468 section 5).
const pemCertificate = "CERTIFICATE"

// parseRoots returns the certificates of a PEM file. Blocks of other types are skipped; so are certificates that cannot
// be parsed, unless none can.
func parseRoots(contents [][]byte) (*x509.CertPool, error) {
	roots := x509.NewCertPool()
	var first error
	for number, rest := 1, contents[0]; ; number++ {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != pemCertificate {
			continue
		}
		if len(block.Headers) > 0 {
			first = cmp.Or(first, fmt.Errorf("PEM block %d has headers, want a certificate without", number))
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			first = cmp.Or(first, fmt.Errorf("PEM block %d cannot be parsed as a certificate: %w", number, err))
		} else if handled := upgrade.HandleNameConstraints(cert); handled != cert {
			roots.AddCert(handled)
		}
	}
	// Certificates that the pool has are not added again. The others it parses when they are needed, which saves memory.
	if roots.AppendCertsFromPEM(contents[0]) {
		return roots, nil
	}
	switch {
	case first != nil:
		return nil, first
	case bytes.Contains(contents[0], []byte("-----BEGIN "+pemCertificate+"-----")):
		return nil, errors.New("its PEM certificate is cut off or not in base64")
	}
	return nil, errors.New("no PEM certificate in it")
}
