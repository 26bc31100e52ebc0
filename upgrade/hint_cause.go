package upgrade

import (
	"crypto/tls"
	"strings"
	"time"
)

// fixed returns a cause that no configuration rules out.
func fixed(text string) cause { return func(*evidence) string { return text } }

// setting returns the cause that a variable is not set, or not to what the server wants.
func setting(name string, set func(*evidence) bool) cause {
	return func(e *evidence) string {
		if set(e) {
			return "another " + name
		}
		return name
	}
}

var (
	tryPath         = fixed("another path or token in WSHEALTHZ_TARGET")
	tryHost         = setting("WSHEALTHZ_HOST", func(e *evidence) bool { return e.target.Host != "" })
	tryOrigin       = setting("WSHEALTHZ_ORIGIN", func(e *evidence) bool { return e.target.Origin != "" })
	trySubprotocols = func(e *evidence) string {
		if offered(e) {
			return "other WSHEALTHZ_SUBPROTOCOLS"
		}
		return "WSHEALTHZ_SUBPROTOCOLS"
	}
	tryAddress = setting("WSHEALTHZ_ADDRESS", addressSet)
	tryCA      = setting("WSHEALTHZ_TLS_CA_FILE", func(e *evidence) bool { return e.tls().RootCAs != nil })
)

// tls returns the TLS configuration that was used, an empty one when none was.
func (e *evidence) tls() *tls.Config {
	if e.config == nil {
		return &tls.Config{}
	}
	return e.config
}

// tryWSS is the cause that the port speaks TLS.
func tryWSS(e *evidence) string {
	if e.target.Secure() {
		return ""
	}
	return "wss:// in WSHEALTHZ_TARGET"
}

// tryTarget is tryWSS or tryPath.
func tryTarget(e *evidence) string {
	if e.target.Secure() {
		return tryPath(e)
	}
	return "wss:// or " + tryPath(e)
}

// tryWS is the cause that the port does not speak TLS. The variables of TLS are refused with ws://.
func tryWS(e *evidence) string {
	c := e.tls()
	if c.RootCAs != nil || c.InsecureSkipVerify || hasCertificate(c) || c.ServerName != e.target.URL.Hostname() {
		return "ws:// in WSHEALTHZ_TARGET (and no TLS variables)"
	}
	return "ws:// in WSHEALTHZ_TARGET"
}

func hasCertificate(c *tls.Config) bool {
	return len(c.Certificates) > 0 || c.GetClientCertificate != nil
}

// tryServerName is the cause that the server does not know the name in SNI. With SKIP_VERIFY a server name is
// refused; the target's host is sent then.
func tryServerName(e *evidence) string {
	switch c := e.tls(); {
	case !e.target.Secure():
		return ""
	case c.InsecureSkipVerify && addressSet(e):
		return "its name in WSHEALTHZ_TARGET"
	case c.InsecureSkipVerify:
		return "its name in WSHEALTHZ_TARGET, and WSHEALTHZ_ADDRESS to dial"
	case c.ServerName != e.target.URL.Hostname():
		return "another WSHEALTHZ_TLS_SERVER_NAME"
	}
	return "WSHEALTHZ_TLS_SERVER_NAME"
}

// tryCertificate is the cause that the server wants a client certificate, or one of another CA.
func tryCertificate(e *evidence) string {
	switch {
	case !e.target.Secure():
		return ""
	case hasCertificate(e.tls()):
		return "another WSHEALTHZ_TLS_CERT_FILE"
	}
	return "WSHEALTHZ_TLS_CERT_FILE"
}

// firstCertificate is the cause that no client certificate is configured.
func firstCertificate(e *evidence) string {
	if hasCertificate(e.tls()) {
		return ""
	}
	return "WSHEALTHZ_TLS_CERT_FILE and WSHEALTHZ_TLS_KEY_FILE"
}

// tryHeaders is the cause that a header is missing that browsers send: each of these that is not configured.
func tryHeaders(e *evidence) string {
	var missing []string
	for _, name := range []string{"Cookie", "User-Agent"} {
		if e.sent(name) == "" {
			missing = append(missing, name)
		}
	}
	if missing == nil {
		return ""
	}
	return "a " + strings.Join(missing, " or ") + " in WSHEALTHZ_HEADERS"
}

// tryCredentials is the cause that credentials are missing, or are not what the server wants.
func tryCredentials(e *evidence) string {
	if e.sent("Authorization") != "" || e.sent("Cookie") != "" {
		return "other credentials in WSHEALTHZ_HEADERS_FILE"
	}
	return "credentials in WSHEALTHZ_HEADERS_FILE"
}

// tryForwardedProto is the cause that the server redirects what did not come to its proxy over TLS.
func tryForwardedProto(e *evidence) string {
	if strings.EqualFold(e.sent("X-Forwarded-Proto"), "https") {
		return ""
	}
	return "X-Forwarded-Proto: https in WSHEALTHZ_HEADERS"
}

// tryMaxAge is the cause that probes come too often for a rate limit. Above a minute they are not to blame.
func tryMaxAge(e *evidence) string {
	switch age := e.target.MaxAge; {
	case age > time.Minute:
		return ""
	case age <= 0:
		return "WSHEALTHZ_MAX_AGE=5s"
	default:
		return "a WSHEALTHZ_MAX_AGE above " + age.String()
	}
}

// tryTimeout is the cause that the server is slow. 60 s is the longest that is allowed.
func tryTimeout(e *evidence) string {
	if e.target.Timeout >= time.Minute {
		return ""
	}
	return "a longer WSHEALTHZ_TIMEOUT"
}

// trySend is the cause that the first message is not what the server wants. ping has none, and a check that is silent
// at first may have one.
func trySend(e *evidence) string {
	switch d := e.target.Dialogue; {
	case d == nil || d.Ping:
		return ""
	case d.Secret:
		return "another WSHEALTHZ_SEND"
	}
	return "WSHEALTHZ_SEND"
}
