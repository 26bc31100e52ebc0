package upgrade

import (
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"slices"
	"strings"
)

const (
	keyBytes   = 16 // RFC 6455 section 4.1, item 7
	keyLen     = 24 // in base64
	acceptLen  = 28 // a SHA-1 in base64
	acceptGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
)

// newKey returns a fresh Sec-WebSocket-Key.
func newKey() (key [keyLen]byte) {
	var nonce [keyBytes]byte
	rand.Read(nonce[:]) // never fails: crypto/rand ends the process instead
	base64.StdEncoding.Encode(key[:], nonce[:])
	return key
}

// acceptFor returns the Sec-WebSocket-Accept that answers key (RFC 6455 section 4.2.2, item 5.4).
func acceptFor(key [keyLen]byte) (accept [acceptLen]byte) {
	var text [keyLen + len(acceptGUID)]byte
	copy(text[:], key[:])
	copy(text[keyLen:], acceptGUID)
	sum := sha1.Sum(text[:])
	base64.StdEncoding.Encode(accept[:], sum[:])
	return accept
}

// appendHandshake appends the opening handshake of RFC 6455 section 4.1: nothing that the configuration did not ask for,
// and "websocket" in lower case because one server compares it that way.
func (t *Target) appendHandshake(b []byte, key [keyLen]byte, fields []Field) []byte {
	b = t.appendStart(b)
	b = append(b, "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "...)
	b = append(b, key[:]...)
	b = append(b, "\r\n"...)
	if t.Deflate {
		b = append(b, deflateOffer...)
	}
	if len(t.Subprotocols) > 0 {
		b = appendField(b, Field{"Sec-WebSocket-Protocol", strings.Join(t.Subprotocols, ", ")})
	}
	if t.Origin != "" {
		b = appendField(b, Field{"Origin", t.origin()})
	}
	if !hasField(fields, "User-Agent") {
		b = t.appendUserAgent(b)
	}
	for _, field := range fields {
		b = appendField(b, field)
	}
	return append(b, "\r\n"...)
}

// appendPlainGet appends what a load balancer would send: a GET without an upgrade, and without the fields that are
// configured for the handshake, because a gateway does not have them.
func (t *Target) appendPlainGet(b []byte) []byte {
	b = t.appendUserAgent(append(t.appendStart(b), "Connection: close\r\n"...))
	return append(b, "\r\n"...)
}

func (t *Target) appendStart(b []byte) []byte {
	b = append(b, "GET "...)
	b = append(b, t.URL.RequestURI()...)
	b = append(b, " HTTP/1.1\r\n"...)
	return appendField(b, Field{"Host", t.host()})
}

func (t *Target) appendUserAgent(b []byte) []byte {
	if t.UserAgent == "" {
		return b
	}
	return appendField(b, Field{"User-Agent", t.UserAgent})
}

func appendField(b []byte, field Field) []byte {
	b = append(b, field.Name...)
	b = append(b, ": "...)
	b = append(b, field.Value...)
	return append(b, "\r\n"...)
}

// Handshake returns the request that a probe sends, for a person to read, with a fresh key. Unless secrets is true, the
// target's query and the values of Fields are shown as "…".
func (t *Target) Handshake(secrets bool) string {
	shown := *t
	var fields []Field
	if t.Fields != nil {
		fields = slices.Clone(t.Fields())
	}
	if !secrets {
		u := *t.URL
		if u.RawQuery != "" {
			u.RawQuery = "…"
		}
		shown.URL = &u
		for i := range fields {
			fields[i].Value = "…"
		}
	}
	return string(shown.appendHandshake(nil, newKey(), fields))
}
