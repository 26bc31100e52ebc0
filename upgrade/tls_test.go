package upgrade

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"io"
	"math/big"
	"strings"
	"testing"

	"wshealthz/internal/testbed"
)

// TestClientCertificate: a certificate is sent whatever authorities the server names.
func TestClientCertificate(t *testing.T) {
	t.Parallel()
	pair := testbed.Certificate{}.Make(t)
	own := testbed.Certificate{Names: []string{"client"}}.Make(t)
	other := testbed.Certificate{Names: []string{"other authority"}}.Make(t)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		config := &tls.Config{
			Certificates: []tls.Certificate{pair.Certificate}, MinVersion: version, MaxVersion: version,
			ClientAuth: tls.RequireAnyClientCert, ClientCAs: other.Pool(), // only announced
		}
		address, _ := testbed.Serve(t, "tcp4", testbed.TLS(config, func(p *testbed.Peer) {
			if came := p.Conn.(*tls.Conn).ConnectionState().PeerCertificates; len(came) != 1 || !came[0].Equal(own.Leaf) {
				t.Errorf("%s: the server got %d certificates, want ours", tls.VersionName(version), len(came))
			}
			p.ReadRequestAndAccept()
		}))
		p := newProber(t, address)
		p.URL.Scheme = "wss"
		p.TLS = func() *tls.Config {
			return &tls.Config{RootCAs: pair.Pool(), ServerName: "localhost", Certificates: []tls.Certificate{own.Certificate}}
		}
		if verdict, _ := probe(t, p); !verdict.Healthy() {
			t.Errorf("%s: %v", tls.VersionName(version), verdict)
		}
	}
}

// TestClientCertificateOfAnotherKind: no certificate is sent whose key cannot sign what the server can check.
func TestClientCertificateOfAnotherKind(t *testing.T) {
	t.Parallel()
	get := clientCertificate([]tls.Certificate{testbed.Certificate{}.Make(t).Certificate})
	for scheme, want := range map[tls.SignatureScheme]int{tls.ECDSAWithP256AndSHA256: 1, tls.PKCS1WithSHA256: 0} {
		request := &tls.CertificateRequestInfo{
			Version: tls.VersionTLS12, SignatureSchemes: []tls.SignatureScheme{scheme}, AcceptableCAs: [][]byte{[]byte("other")},
		}
		if got, err := get(request); err != nil || len(got.Certificate) != want || len(request.AcceptableCAs) != 1 {
			t.Errorf("%v: %d certificates, %v, want %d", scheme, len(got.Certificate), err, want)
		}
	}
}

// certificateDER is a certificate as encoding/asn1 sees it.
type certificateDER struct {
	TBS       asn1.RawValue
	Algorithm pkix.AlgorithmIdentifier
	Signature asn1.BitString
}

// resigned returns a pair for localhost whose certificate was changed and signed again by its own ECDSA key.
func resigned(t *testing.T, change func(tbs []byte), template func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	pair := testbed.Certificate{}.Make(t).Certificate
	signer := pair.PrivateKey.(crypto.Signer)
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	template(leaf)
	der, err := x509.CreateCertificate(rand.Reader, leaf, leaf, signer.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	var cert certificateDER
	if _, err := asn1.Unmarshal(der, &cert); err != nil {
		t.Fatal(err)
	}
	change(cert.TBS.FullBytes)
	sum := sha256.Sum256(cert.TBS.FullBytes)
	signature, err := signer.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	cert.Signature = asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)}
	pair.Certificate[0] = marshal(t, cert)
	return pair
}

// TestUnusualCertificates: a negative serial number is taken, as browsers do; what crypto/x509 cannot parse is
// bad_certificate, and the hint says that to skip the verification does not help.
func TestUnusualCertificates(t *testing.T) {
	t.Parallel()
	const hint = "Go cannot parse this certificate, which browsers may take: give the server another, WSHEALTHZ_TLS_SKIP_VERIFY cannot help"
	serial := big.NewInt(0x7a_12_34_56_78_9a_bc_de)
	negative := resigned(t, func(tbs []byte) {
		i := strings.Index(string(tbs), string(serial.Bytes()))
		tbs[i] |= 0x80
	}, func(template *x509.Certificate) { template.SerialNumber = serial })
	unparsed := resigned(t, func([]byte) {}, withNames(t, general(6, "http://[x/"))) // Chromium takes it
	for _, skip := range []bool{false, true} {
		address, _ := testbed.Serve(t, "tcp4", testbed.TLS(&tls.Config{Certificates: []tls.Certificate{negative}}, testbed.Accept()))
		roots := x509.NewCertPool()
		leaf, err := x509.ParseCertificate(negative.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		roots.AddCert(leaf)
		p := trusting(newProber(t, address), nil)
		p.TLS = func() *tls.Config {
			return &tls.Config{RootCAs: roots, ServerName: "localhost", InsecureSkipVerify: skip}
		}
		if verdict, _ := probe(t, p); !verdict.Healthy() {
			t.Errorf("negative serial number: %v", verdict)
		}

		p.URL.Host, _ = testbed.Serve(t, "tcp4", testbed.TLS(&tls.Config{Certificates: []tls.Certificate{unparsed}}, testbed.NeverPlayed))
		verdict, _ := probe(t, p)
		if verdict.Reason != BadCertificate || !strings.Contains(verdict.Detail, "cannot parse URI") || verdict.Hint != hint {
			t.Errorf("%v, want bad_certificate, what is wrong with it, and %q", verdict, hint)
		}
	}
}

// TestAlerts: those that may be about the name show it, and their hints name what is not yet set and is no fault.
func TestAlerts(t *testing.T) {
	t.Parallel()
	own := []tls.Certificate{testbed.Certificate{}.Make(t).Certificate}
	for _, c := range []struct {
		alert  byte
		config *tls.Config
		says   string
		hint   string
	}{
		{112, &tls.Config{ServerName: "chat.example"}, `tls: unrecognized name, asked for "chat.example"`, "the server does not know this name: try another WSHEALTHZ_TLS_SERVER_NAME"},
		{112, &tls.Config{ServerName: "127.0.0.1"}, "tls: unrecognized name, asked for no name", "the server does not know this name: try WSHEALTHZ_TLS_SERVER_NAME"},
		{112, &tls.Config{ServerName: "chat.example", InsecureSkipVerify: true}, `asked for "chat.example"`, "the server does not know this name: try its name in WSHEALTHZ_TARGET, and WSHEALTHZ_ADDRESS to dial"},
		{80, &tls.Config{ServerName: "chat.example"}, `tls: internal error, asked for "chat.example"`, "the server failed, or has no certificate for this name: see its log, or try another WSHEALTHZ_TLS_SERVER_NAME"},
		{80, &tls.Config{ServerName: "chat.example", InsecureSkipVerify: true}, `asked for "chat.example"`, "the server failed, or has no certificate for this name: see its log, or try its name in WSHEALTHZ_TARGET, and WSHEALTHZ_ADDRESS to dial"},
		{40, &tls.Config{ServerName: "chat.example"}, `tls: handshake failure, asked for "chat.example"`, "an unknown name, no client certificate or no common cipher: try another WSHEALTHZ_TLS_SERVER_NAME or WSHEALTHZ_TLS_CERT_FILE"},
		{40, &tls.Config{ServerName: "chat.example", Certificates: own}, `asked for "chat.example"`, "an unknown name, no client certificate or no common cipher: try another WSHEALTHZ_TLS_SERVER_NAME or another WSHEALTHZ_TLS_CERT_FILE"},
		{70, &tls.Config{ServerName: "chat.example"}, "tls: protocol version not supported", "the server has no TLS 1.2 or later, which browsers want too: turn it on there"},
	} {
		address, _ := testbed.Serve(t, "tcp4", func(p *testbed.Peer) {
			p.TCP.Read(make([]byte, 4096))
			p.TCP.Write([]byte{21, 3, 1, 0, 2, 2, c.alert})
		})
		p := trusting(newProber(t, address), nil)
		p.TLS = func() *tls.Config { return c.config }
		if verdict, _ := probe(t, p); verdict.Reason != BadTLS || !strings.HasSuffix(verdict.Detail, c.says) || verdict.Hint != c.hint {
			t.Errorf("alert %d: %v, want bad_tls with %q and %q", c.alert, verdict, c.says, c.hint)
		}
	}
}

// TestNotTLS: a server that does not answer in TLS is bad_tls, however the connection ends.
func TestNotTLS(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		script testbed.Script
		says   string
	}{
		{"a reset", func(p *testbed.Peer) { p.TCP.Read(make([]byte, 1)); p.Reset() }, "the server reset the connection"},
		{"a banner", func(p *testbed.Peer) { io.WriteString(p.TCP, "SSH-2.0-x\r\n") }, `got "SSH-2", want a TLS record`},
		{"less than a record's head", func(p *testbed.Peer) { io.WriteString(p.TCP, "no\n"); p.TCP.CloseWrite() }, "the server closed the connection"},
		{"a record without its end", func(p *testbed.Peer) { p.TCP.Write([]byte{22, 3, 3, 1, 0, 2}); p.TCP.CloseWrite() }, "the server closed the connection"},
		{"a message out of turn", func(p *testbed.Peer) { p.TCP.Write([]byte{22, 3, 3, 0, 7, 11, 0, 0, 3, 0, 0, 0}) }, "unexpected"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address, _ := testbed.Serve(t, "tcp4", c.script)
			if verdict, _ := probe(t, trusting(newProber(t, address), nil)); verdict.Reason != BadTLS || !strings.Contains(verdict.Detail, c.says) {
				t.Errorf("%v, want bad_tls with %q", verdict, c.says)
			}
		})
	}
}

// TestServerNameIsRequired: without a name nothing could be verified.
func TestServerNameIsRequired(t *testing.T) {
	t.Parallel()
	pair := testbed.Certificate{}.Make(t)
	address, _ := testbed.Serve(t, "tcp4", testbed.TLS(&tls.Config{Certificates: []tls.Certificate{pair.Certificate}}, testbed.NeverPlayed))
	p := trusting(newProber(t, address), nil)
	p.TLS = func() *tls.Config { return &tls.Config{RootCAs: pair.Pool()} }
	if verdict, _ := probe(t, p); verdict.Reason != BadTLS || !strings.Contains(verdict.Detail, "ServerName") {
		t.Errorf("%v, want bad_tls: no ServerName", verdict)
	}
}
