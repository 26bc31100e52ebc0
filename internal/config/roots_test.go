package config

import (
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"

	"wshealthz/internal/testbed"
)

// TestRoots: a CA file counts when one certificate in it can be parsed; otherwise the error says which block is wrong.
func TestRoots(t *testing.T) {
	block := func(kind string, headers map[string]string, content []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Headers: headers, Bytes: content}))
	}
	cert := testbed.Certificate{}.Make(t)
	der := cert.Certificate.Certificate[0]
	good, key := block("CERTIFICATE", nil, der), block("PRIVATE KEY", nil, []byte("s3cret"))
	broken := block("CERTIFICATE", nil, der[:len(der)-1])
	for _, c := range []struct{ name, content, want string }{
		{"a certificate", good, ""},
		{"text around it", "# ours\n" + good + "that was it\n", ""},
		{"a key first", key + good, ""},
		{"one of two is broken", broken + good, ""},
		{"a broken certificate", broken, "PEM block 1 cannot be parsed as a certificate: x509: malformed certificate"},
		{"a key and a broken certificate", key + broken, "PEM block 2 cannot be parsed as a certificate: x509: "},
		{"two broken certificates", broken + block("CERTIFICATE", nil, []byte("s3cret")), "PEM block 1 cannot be parsed as a certificate: x509: "},
		{"a key called a certificate", block("CERTIFICATE", nil, []byte("s3cret")), "PEM block 1 cannot be parsed as a certificate: x509: "},
		{"a certificate with headers", block("CERTIFICATE", map[string]string{"A": "s3cret"}, der), "PEM block 1 has headers"},
		{"a certificate without its end", good[:len(good)/2], "cut off or not in base64"},
		{"a certificate that is not base64", strings.Replace(good, "M", "*", 1), "cut off or not in base64"},
		{"a key", key, "no PEM certificate in it"},
		{"DER", string(der), "no PEM certificate in it"},
		{"text", "s3cret", "no PEM certificate in it"},
		{"nothing", "", "no PEM certificate in it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			roots, err := parseRoots([][]byte{[]byte(c.content)})
			if c.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				if _, err := cert.Leaf.Verify(x509.VerifyOptions{Roots: roots}); err != nil {
					t.Errorf("the certificate in it is not trusted: %v", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}
