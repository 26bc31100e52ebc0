package probe

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
)

const (
	// tlsCost is how many plain connections one over TLS takes the memory of. crypto/tls holds a whole record, of up to 16 KiB,
	// and the keys.
	tlsCost = 2

	maxHandshake  = 16 << 10 // bytes that a caller may send before its TLS handshake is done
	maxTextless   = 32 << 10 // bytes that it may send after that without any text: two records
	maxHandshakes = 1 << 20  // bytes of all handshakes under way, of each of which crypto/tls keeps some copies
)

var (
	errHandshakeTooLong = errors.New("more than 16 KiB before the TLS handshake was done")
	errTextless         = errors.New("more than 32 KiB over TLS without any text")
)

// serverTLS returns the configuration of the health listener. Key exchanges that only make a handshake larger are left out:
// what is said here is not secret.
func serverTLS(certificate func() (*tls.Certificate, error)) *tls.Config {
	return &tls.Config{
		MinVersion:       tls.VersionTLS12,
		CurvePreferences: []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521},
		GetCertificate:   func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return certificate() },
	}
}

// handshakeTLS makes the stream of c TLS, and reports whether that succeeded. Plain HTTP gets an answer.
func (c *conn) handshakeTLS(config *tls.Config) bool {
	secured := tls.Server(c, config)
	c.handshake.Store(1) // 0: there is none
	err := secured.Handshake()
	c.server.handshakes.Add(-c.handshake.Swap(0) + 1)
	if err == nil {
		c.stream = secured
		return true
	}
	var notTLS tls.RecordHeaderError
	switch {
	case c.state.Load() == evicted || c.state.Load() == silent:
	case errors.As(err, &notTLS):
		c.refuse(notTLSRefusal(notTLS.RecordHeader[:]))
	default:
		c.describe() // or it would be observed with what the connection before asked
		c.observe(0, "TLS handshake: "+toASCII(handshakeText(err)))
	}
	return false
}

// notTLSRefusal returns what is wrong with a connection that begins with these bytes in place of a TLS record.
func notTLSRefusal(b []byte) *refusal {
	method, _, _ := bytes.Cut(b, []byte{' '})
	switch {
	case bytes.HasPrefix([]byte("PROXY "), b), bytes.HasPrefix(proxyV2, b):
		return refuse(http.StatusBadRequest, proxyProtocol)
	case bytes.HasPrefix(b, []byte("PRI * ")[:len(b)]):
		return refuse(http.StatusHTTPVersionNotSupported, http2)
	case !bytes.ContainsFunc(method, func(r rune) bool { return r < 'A' || r > 'Z' }):
		return refuse(http.StatusBadRequest, "plain HTTP on a TLS port")
	}
	return refuse(http.StatusBadRequest, "not TLS: "+firstBytes(b))
}

// handshakeText returns how a handshake failed, without the addresses in the text of err.
func handshakeText(err error) string {
	var op *net.OpError
	switch {
	case errors.Is(err, io.EOF):
		return "the caller closed the connection"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "it did not end within 10 s"
	case errors.As(err, &op) && op.Net != "":
		return op.Err.Error()
	}
	return err.Error()
}

// boundHandshake cuts p to what a caller whose handshake is under way may still send.
func (c *conn) boundHandshake(p []byte) ([]byte, error) {
	sent := c.handshake.Load()
	switch {
	case sent == 0 && c.textless > maxTextless && c.state.Load() != lingering:
		return nil, errTextless // such as a message of a handshake, of which crypto/tls takes up to 256 KiB
	case sent == 0:
		return p, nil
	case sent > maxHandshake:
		return nil, errHandshakeTooLong
	}
	return p[:min(len(p), maxHandshake+1-int(sent))], nil
}

// countHandshake counts bytes of a handshake under way. When all of them together are too many, the largest one goes.
func (c *conn) countHandshake(n int) {
	if c.handshake.Load() == 0 {
		c.textless += n
		return
	}
	c.handshake.Add(int64(n))
	if c.server.handshakes.Add(int64(n)) > maxHandshakes {
		c.server.conns.evictLargestHandshake()
	}
}
