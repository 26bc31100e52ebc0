package probe

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"wshealthz/internal/testbed"
)

// TestHandshakeMessageAfterHandshake: a caller over TLS may not send a large message of a handshake once that is done.
func TestHandshakeMessageAfterHandshake(t *testing.T) {
	pair := testbed.Certificate{}.Make(t)
	server := listen(t, healthy, func(o *Options) {
		o.Certificate = func() (*tls.Certificate, error) { return &pair.Certificate, nil }
	})
	var log bytes.Buffer
	c := call(t, server).Conn
	secured := tls.Client(c, &tls.Config{InsecureSkipVerify: true, KeyLogWriter: &log, MinVersion: tls.VersionTLS13})
	if err := secured.Handshake(); err != nil {
		t.Fatal(err)
	}
	if suite := secured.ConnectionState().CipherSuite; suite != tls.TLS_AES_128_GCM_SHA256 {
		t.Skipf("the test cannot seal with %s", tls.CipherSuiteName(suite))
	}
	seal := sealer(t, log.String())
	const length = 200_000 // of a Certificate (RFC 8446 section 4.4.2), whose last bytes do not come
	message := append([]byte{11, length >> 16, length >> 8 & 0xff, length & 0xff}, make([]byte, length-10)...)
	for ; len(message) > 0; message = message[min(len(message), 16_000):] {
		c.Write(seal(message[:min(len(message), 16_000)]))
	}
	c.SetReadDeadline(time.Now().Add(headTimeout / 2))
	if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("all of it was taken")
	}
}

// sealer returns a function that makes records of a client's handshake messages (RFC 8446 sections 5.2 and 7.3), from its key
// log.
func sealer(t *testing.T, log string) func([]byte) []byte {
	var secret []byte
	for line := range strings.Lines(log) {
		if fields := strings.Fields(line); fields[0] == "CLIENT_TRAFFIC_SECRET_0" {
			secret, _ = hex.DecodeString(fields[2])
		}
	}
	expand := func(label string, length int) []byte {
		label = "tls13 " + label
		key, err := hkdf.Expand(sha256.New, secret, string([]byte{0, byte(length), byte(len(label))})+label+"\x00", length)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	block, err := aes.NewCipher(expand("key", 16))
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	iv, sequence := expand("iv", aead.NonceSize()), uint64(0)
	return func(message []byte) []byte {
		nonce := bytes.Clone(iv)
		for i, b := range binary.BigEndian.AppendUint64(nil, sequence) {
			nonce[len(nonce)-8+i] ^= b
		}
		sequence++
		header := binary.BigEndian.AppendUint16([]byte{23, 3, 3}, uint16(len(message)+1+aead.Overhead()))
		return aead.Seal(header, nonce, append(bytes.Clone(message), 22), header)
	}
}
