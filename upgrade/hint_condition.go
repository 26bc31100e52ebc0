package upgrade

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"regexp"
	"slices"
	"strings"
	"sync"
)

func every(conditions ...condition) condition {
	return func(e *evidence) bool {
		return !slices.ContainsFunc(conditions, func(c condition) bool { return !c(e) })
	}
}

func some(conditions ...condition) condition {
	return func(e *evidence) bool {
		return slices.ContainsFunc(conditions, func(c condition) bool { return c(e) })
	}
}

func not(c condition) condition { return func(e *evidence) bool { return !c(e) } }

// onLoopback reports whether the target's own host was dialed and means loopback.
func onLoopback(e *evidence) bool {
	ip := net.ParseIP(e.target.DialHost())
	return e.target.Address == "" && (IsLocalhost(e.target.DialHost()) || ip != nil && ip.IsLoopback())
}

func addressSet(e *evidence) bool { return e.target.Address != "" }

// compressedUnasked reports whether the server agreed to permessage-deflate, rightly but for the offer that was not made.
func compressedUnasked(e *evidence) bool {
	return !e.target.Deflate && wrongDeflate([]byte(e.field("Sec-WebSocket-Extensions"))) == ""
}

// alerted returns a condition on the TLS alert that the server sent.
func alerted(a alert) condition {
	return func(e *evidence) bool {
		var op *net.OpError
		return errors.As(e.err, &op) && op.Op == "remote error" && op.Err.Error() == a.Error()
	}
}

// secured reports whether TLS failed only after its first handshake: a server that asks for a certificate by path does
// another one.
func secured(e *evidence) bool { return e.secured }

// anyAlert reports whether the server sent a TLS alert.
func anyAlert(e *evidence) bool {
	var op *net.OpError
	return errors.As(e.err, &op) && op.Op == "remote error"
}

// notTLS returns a condition on the first bytes of what is not TLS.
func notTLS(beginning string) condition {
	return func(e *evidence) bool {
		var record tls.RecordHeaderError
		return errors.As(e.err, &record) && bytes.HasPrefix(record.RecordHeader[:], []byte(beginning))
	}
}

// rarelyProbed reports whether a verdict is given again for so long that our probes cannot be too frequent.
func rarelyProbed(e *evidence) bool { return tryMaxAge(e) == "" }

// hungUpOnTLS reports whether the connection ended in the TLS handshake without an alert.
func hungUpOnTLS(e *evidence) bool {
	return ioText(e.err) == "the server closed the connection" || isReset(e.err)
}

// refusedBecause returns a condition on why we refuse the server's certificate.
func refusedBecause[T error](is func(T) bool) condition {
	return func(e *evidence) bool {
		var why T
		return errors.As(e.err, &why) && is(why)
	}
}

func expired(why x509.CertificateInvalidError) bool { return why.Reason == x509.Expired }

func nameless(why x509.HostnameError) bool {
	return why.Certificate != nil && len(why.Certificate.DNSNames)+len(why.Certificate.IPAddresses) == 0
}

func isA[T error](T) bool { return true }

// unparsed reports whether the server's certificate does not parse, for which crypto/tls has no type.
func unparsed(e *evidence) bool {
	return e.err != nil && strings.HasPrefix(e.err.Error(), "tls: failed to parse certificate from server: ")
}

func nothingCame(e *evidence) bool { return len(e.came) == 0 }

// beginsWith returns a condition on the first bytes of the response.
func beginsWith(beginnings ...string) condition {
	return func(e *evidence) bool {
		return slices.ContainsFunc(beginnings, func(b string) bool { return bytes.HasPrefix(e.came, []byte(b)) })
	}
}

// tlsRecord reports whether the response begins as a TLS record does (RFC 8446 section 5.1): a type from 20 to 23, and
// the version 3.x.
func tlsRecord(e *evidence) bool {
	return len(e.came) >= 2 && e.came[0] >= 20 && e.came[0] <= 23 && e.came[1] == 3
}

// http2Frame reports whether the response begins as HTTP/2 does: with a SETTINGS frame, or GOAWAY, of the connection
// (RFC 9113 section 4.1).
func http2Frame(e *evidence) bool {
	b := e.came
	return len(b) >= 9 && b[0] == 0 && (b[3] == 4 || b[3] == 7) && bytes.Equal(b[5:9], make([]byte, 4))
}

// says returns a condition on the words of the response's status line and body, in any case.
func says(words string) condition {
	pattern := anyCase(words)
	return func(e *evidence) bool {
		line, _ := cutLine(e.came)
		return pattern().Match(line) || pattern().Match(e.body)
	}
}

// anyCase returns what compiles a pattern, in any case, when it is first needed: a server that is well costs no memory for
// hints.
func anyCase(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("(?i)" + pattern) })
}

// has returns a condition on a field of the response: its value contains one of the words, in any case.
func has(name string, words ...string) condition {
	return func(e *evidence) bool {
		value := strings.ToLower(e.field(name))
		return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(value, word) })
	}
}

// configured returns a condition on a header field that was sent.
func configured(name string) condition {
	return func(e *evidence) bool { return e.sent(name) != "" }
}

func emptyBody(e *evidence) bool {
	return len(bytes.TrimSpace(e.body)) == 0 && (e.field("Content-Length") == "0" || e.field("Content-Length") == "" && e.field("Transfer-Encoding") == "")
}

// engineIO reports whether the target is an Engine.IO server, which Socket.IO is too: its query says which version.
func engineIO(e *evidence) bool { return e.target.URL.Query().Has("EIO") }

func interim(e *evidence) bool { return e.status/100 == 1 }

// redirects reports whether the response is a redirect with a Location.
func redirects(e *evidence) bool { return e.status/100 == 3 && e.location() != nil }

func toHTTPS(e *evidence) bool {
	return redirects(e) && e.location().Scheme == "https" && e.sameHost(e.location()) && e.samePath(e.location())
}

func toSlash(e *evidence) bool {
	return redirects(e) && e.sameHost(e.location()) && e.location().Path == e.target.URL.Path+"/"
}

func toOtherHost(e *evidence) bool {
	return redirects(e) && !e.sameHost(e.location()) && e.samePath(e.location())
}

// signIn are the words of pages and paths on which users sign in.
const signIn = `\b(sign|log)[ _-]?in\b|\boauth|\bopenid|/(sso|auth)\b`

var signInPath = anyCase(signIn + "|_(sign|log)_?in")

func toSignIn(e *evidence) bool {
	return redirects(e) && signInPath().MatchString(e.location().Host+e.location().Path)
}

func pinging(e *evidence) bool { return e.target.Dialogue != nil && e.target.Dialogue.Ping }

func expectSet(e *evidence) bool { return e.target.Dialogue != nil && e.target.Dialogue.Expect != nil }

func messagesCame(e *evidence) bool { return e.messages > 0 }

// refusingCode reports whether a Close has a code for who may not connect: 1008, or one of an application's own.
func refusingCode(e *evidence) bool { return e.code == 1008 || e.code >= 3000 && e.code <= 4999 }

func offered(e *evidence) bool { return len(e.target.Subprotocols) > 0 }
