package probe

import (
	"bytes"
	"net/http"
	"strconv"

	"wshealthz/upgrade"
)

// A refusal is why a request gets no answer of its own.
type refusal struct {
	status int
	wrong  string // in words, with bytes of the caller only where they are quoted
}

func refuse(status int, wrong string) *refusal { return &refusal{status, wrong} }

// line returns what the caller is told.
func (r *refusal) line() string { return http.StatusText(r.status) + ": " + r.wrong }

const (
	proxyProtocol = "PROXY protocol"
	http2         = "HTTP/2"
)

// proxyV2 begins the binary header of the PROXY protocol, version 2.
var proxyV2 = []byte("\r\n\r\n\x00\r\nQUIT\n")

// foreign returns what is wrong with the first bytes of a request when they are certainly of another protocol.
func foreign(b []byte, secured bool) *refusal {
	const tlsHandshake = 0x16 // the type of a TLS record
	switch {
	case b[0] == tlsHandshake && !secured:
		return refuse(http.StatusBadRequest, "TLS on a plain port")
	case len(b) > len("\r\n\r\n") && bytes.HasPrefix(proxyV2, b[:min(len(b), len(proxyV2))]):
		return refuse(http.StatusBadRequest, proxyProtocol)
	case !upgrade.IsTokenByte(b[0]):
		return refuse(http.StatusBadRequest, "not an HTTP request: "+firstBytes(b))
	}
	return nil
}

// firstBytes quotes the beginning of what a caller sent.
func firstBytes(b []byte) string {
	const most = 32
	if len(b) > most {
		return strconv.QuoteToASCII(string(b[:most])) + "..."
	}
	return strconv.QuoteToASCII(string(b))
}
