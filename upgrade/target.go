package upgrade

import (
	"crypto/tls"
	"net"
	"net/url"
	"strings"
	"time"
)

// A Target is a WebSocket server and how it is probed. Its fields must not change once a probe has begun.
type Target struct {
	// URL has scheme ws or wss, a host, and a path or none ("/" is requested then). No userinfo, no fragment.
	URL *url.URL
	// Address is the host name or IP address to dial, with the URL's port. Default: the URL's host.
	Address string
	// Timeout is the budget of a probe, from the dial to the verdict. It must be above 0.
	Timeout time.Duration
	// Subprotocols are offered in this order on one line; the server must choose one. Default: none.
	Subprotocols []string
	// Deflate offers permessage-deflate (RFC 7692), as browsers do. Default: no extension is offered.
	Deflate bool
	// Host is the Host header. Default: the URL's host, and its port unless that is the scheme's default.
	Host string
	// Origin is the Origin header; "same" means http:// (https:// for wss) and the Host. Default: none.
	Origin string
	// UserAgent is the User-Agent header unless Fields has one.
	UserAgent string
	// Fields is called in each probe and returns more header fields, sent in this order. Default: none.
	Fields func() []Field
	// Dialogue is the exchange after the handshake. Default: none, the handshake decides.
	Dialogue *Dialogue
	// TLS is called in each probe of a wss URL, where it is required, and returns the client's configuration with
	// ServerName set. Renegotiation, GetClientCertificate and VerifyConnection are Probe's own.
	TLS func() *tls.Config
	// MaxAge is how old a verdict may be that is given again instead of a probe. Only hints use it. Default: not known.
	MaxAge time.Duration
}

// String returns the URL as it may be shown: at most 120 bytes, and "?…" for a query, which may hold a token.
func (t *Target) String() string {
	shown := t.URL.Scheme + "://" + t.URL.Host + t.URL.EscapedPath()
	if len(shown) > 120 {
		shown = shown[:117] + "..."
	}
	if t.URL.RawQuery != "" || t.URL.ForceQuery {
		shown += "?…"
	}
	return shown
}

// Port returns the URL's port, by default 80 for ws and 443 for wss (RFC 6455 section 3).
func (t *Target) Port() string {
	if port := t.URL.Port(); port != "" {
		return port
	}
	if t.Secure() {
		return "443"
	}
	return "80"
}

// DialHost returns the host name or IP address that is dialed.
func (t *Target) DialHost() string {
	if t.Address != "" {
		return t.Address
	}
	return t.URL.Hostname()
}

// Secure reports whether the server is probed over TLS: the URL is wss.
func (t *Target) Secure() bool { return t.URL.Scheme == "wss" }

// host returns the Host header. Default ports are left out (RFC 6455 section 4.1) because some servers compare it.
func (t *Target) host() string {
	if t.Host != "" {
		return t.Host
	}
	host, _, _ := strings.Cut(t.URL.Hostname(), "%") // a zone means nothing to the server (RFC 6874 section 1)
	port := t.URL.Port()
	if port == "" || !t.Secure() && port == "80" || t.Secure() && port == "443" {
		if strings.Contains(host, ":") {
			return "[" + host + "]"
		}
		return host
	}
	return net.JoinHostPort(host, port)
}

func (t *Target) origin() string {
	if t.Origin != "same" {
		return t.Origin
	}
	if t.Secure() {
		return "https://" + t.host()
	}
	return "http://" + t.host()
}

// domain returns the host that the handshake names, without a port.
func (t *Target) domain() string {
	host := t.host()
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.Trim(host, "[]")
}
