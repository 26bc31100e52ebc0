package upgrade

import (
	"bytes"
	"crypto/tls"
	"net/url"
	"strings"
)

// An evidence is what a hint is made of: the reason, what came, and what is configured.
type evidence struct {
	reason   Reason
	target   *Target
	fields   []Field // sent with the handshake
	err      error   // the last error of a TLS connection, of whatever kind
	secured  bool    // the first TLS handshake had succeeded by then
	came     []byte  // the response from its first byte on, "" in other phases than Upgrade
	status   int     // 0 unless the reason is BadStatus
	body     []byte  // the beginning of the response's body
	messages int     // received in the exchange
	code     uint16  // of the Close that came, 0 when none did

	config *tls.Config // of a TLS connection, nil before there was one
}

// evidence gathers what is known when a step has failed.
func (s *session) evidence(f *fault) *evidence {
	e := &evidence{reason: f.reason, target: &s.Target, fields: s.fields, err: s.tlsErr, secured: s.took[Upgrade] > 0, messages: s.messages, code: s.closeCode, config: s.tlsConfig}
	if f.reason.Phase() == Upgrade {
		e.came = s.buf[:min(len(s.buf), maxSearched)]
	}
	if f.reason == BadStatus {
		e.status = s.head.status
		e.body = s.rest[:min(len(s.rest), maxSearched)]
	}
	return e
}

// field returns the value of the first field of that name in the response, "" when there is none. The head that is
// judged keeps fewer fields.
func (e *evidence) field(name string) string {
	_, rest := cutLine(e.came)
	for len(rest) > 0 {
		var line []byte
		if line, rest = cutLine(rest); len(line) == 0 {
			break
		}
		if field, value, found := bytes.Cut(line, []byte{':'}); found && equalFold(field, name) {
			return string(bytes.Trim(value, " \t"))
		}
	}
	return ""
}

// sent returns the value of a configured field, "" when there is none of that name.
func (e *evidence) sent(name string) string {
	for _, field := range e.fields {
		if strings.EqualFold(field.Name, name) {
			return field.Value
		}
	}
	return ""
}

// location returns where a response redirects to, relative to the request; nil when it does not say.
func (e *evidence) location() *url.URL {
	text := e.field("Location")
	location, err := url.Parse(text)
	if err != nil || text == "" {
		return nil
	}
	scheme := "http"
	if e.target.Secure() {
		scheme = "https"
	}
	request := url.URL{Scheme: scheme, Host: e.target.host(), Path: e.target.URL.Path}
	return request.ResolveReference(location)
}

// sameHost reports whether a redirect stays on the host that the handshake named, on whatever port.
func (e *evidence) sameHost(location *url.URL) bool {
	return strings.EqualFold(location.Hostname(), e.target.domain())
}

// samePath reports whether a redirect stays on the path that was requested.
func (e *evidence) samePath(location *url.URL) bool {
	return rooted(location.Path) == rooted(e.target.URL.Path)
}

// rooted returns a path as it is requested: an empty one is "/".
func rooted(path string) string {
	if path == "" {
		return "/"
	}
	return path
}
