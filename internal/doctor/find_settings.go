package doctor

import (
	"net"
	"net/url"
	"strings"
)

// settings are what a search may change. Two that are equal send the same.
type settings struct {
	scheme string // ws or wss
	host   string // the target's, with a port if it has one
	path   string // the target's, escaped
	query  string // what is put in front of the target's own query

	address      string // the values of variables, "" for none
	hostHeader   string
	origin       string
	subprotocols string
	serverName   string

	skipVerify bool
	forwarded  bool // X-Forwarded-Proto: https is added
	browser    bool // a browser's User-Agent is sent
}

// parts puts one part of the settings back to what it was, the least needed first.
var parts = []func(s, start *settings){
	func(s, start *settings) { s.browser = start.browser },
	func(s, start *settings) { s.forwarded = start.forwarded },
	func(s, start *settings) { s.origin = start.origin },
	func(s, start *settings) { s.hostHeader = start.hostHeader },
	func(s, start *settings) { s.host, s.address = start.host, start.address },
	func(s, start *settings) { s.serverName = start.serverName },
	func(s, start *settings) { s.skipVerify = start.skipVerify },
	func(s, start *settings) { s.subprotocols = start.subprotocols },
	func(s, start *settings) { s.path, s.query = start.path, start.query },
	func(s, start *settings) { s.scheme, s.host = start.scheme, start.host },
}

// The header lines that a search may add.
const (
	forwardedLine = "X-Forwarded-Proto: https"
	browserLine   = "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)

// settingsNow returns the settings of the environment as it is.
func (f *finder) settingsNow() settings {
	t := f.Target
	s := settings{
		scheme: t.URL.Scheme, host: t.URL.Host, path: t.URL.EscapedPath(), address: t.Address, hostHeader: t.Host, origin: t.Origin,
		subprotocols: f.value("WSHEALTHZ_SUBPROTOCOLS"), serverName: f.value("WSHEALTHZ_TLS_SERVER_NAME"),
	}
	if s.path == "" {
		s.path = "/"
	}
	s.skipVerify = t.Secure() && t.TLS().InsecureSkipVerify
	return s
}

// value returns what a variable holds, as it may be shown.
func (s *Search) value(name string) string {
	for _, set := range s.Environment {
		if set.Name == name {
			return set.Value
		}
	}
	return ""
}

// changes returns the changes to the environment as it is that make these settings.
func (f *finder) changes(s settings) (list []Change) {
	start := f.start.settings
	set := func(name, value string) { list = append(list, Change{name, value, value}) }
	if s.scheme != start.scheme || s.host != start.host || s.path != start.path || s.query != start.query {
		value, shown := f.target(s)
		list = append(list, Change{"WSHEALTHZ_TARGET", value, shown})
	}
	if s.address != start.address {
		set("WSHEALTHZ_ADDRESS", s.address)
	}
	if s.hostHeader != start.hostHeader {
		set("WSHEALTHZ_HOST", s.hostHeader)
	}
	if s.origin != start.origin {
		set("WSHEALTHZ_ORIGIN", s.origin)
	}
	if s.subprotocols != start.subprotocols {
		set("WSHEALTHZ_SUBPROTOCOLS", s.subprotocols)
	}
	list = append(list, f.tlsChanges(s, start)...)
	if lines := s.headers(); lines != "" {
		shown := lines
		if f.value("WSHEALTHZ_HEADERS") != "" {
			shown = "…\n" + lines
		}
		list = append(list, Change{"WSHEALTHZ_HEADERS", lines, shown})
	}
	return list
}

// headers returns the header lines that are added.
func (s *settings) headers() string {
	var lines []string
	if s.forwarded {
		lines = append(lines, forwardedLine)
	}
	if s.browser {
		lines = append(lines, browserLine)
	}
	return strings.Join(lines, "\n")
}

// tlsChanges returns the changes for TLS. Variables that may not stay beside others are unset.
func (f *finder) tlsChanges(s, start settings) (list []Change) {
	unset := func(names ...string) {
		for _, name := range names {
			if name = "WSHEALTHZ_TLS_" + name; f.value(name) != "" {
				list = append(list, Change{Name: name})
			}
		}
	}
	switch {
	case s.scheme == "ws" && start.scheme == "wss":
		unset("CA_FILE", "SERVER_NAME", "CERT_FILE", "KEY_FILE")
		if start.skipVerify {
			unset("SKIP_VERIFY")
		}
	case s.skipVerify && !start.skipVerify:
		unset("CA_FILE", "SERVER_NAME")
		list = append(list, Change{"WSHEALTHZ_TLS_SKIP_VERIFY", "true", "true"})
	case s.serverName != start.serverName:
		if start.skipVerify && !s.skipVerify {
			unset("SKIP_VERIFY")
		}
		list = append(list, Change{"WSHEALTHZ_TLS_SERVER_NAME", s.serverName, s.serverName})
	}
	return list
}

// target returns the target's URL, and as it may be shown. What is left of its own query may be secret.
func (f *finder) target(s settings) (value, shown string) {
	path, err := url.PathUnescape(s.path)
	if err != nil {
		path = s.path
	}
	u := url.URL{Scheme: s.scheme, Host: s.host, Path: path, RawPath: s.path}
	value = u.String()
	shown = value
	own := withoutKeys(f.Target.URL.RawQuery, s.query)
	if s.query == "" && own == "" {
		return value, shown
	}
	shownOwn := own
	if own != "" {
		shownOwn = "…"
	}
	return value + "?" + join(s.query, own), shown + "?" + join(s.query, shownOwn)
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "&" + b
}

// withoutKeys returns a query without the parameters that other has too.
func withoutKeys(query, other string) string {
	var kept []string
	for parameter := range strings.SplitSeq(query, "&") {
		key, _, _ := strings.Cut(parameter, "=")
		if !strings.Contains("&"+other, "&"+key+"=") {
			kept = append(kept, parameter)
		}
	}
	return strings.Join(kept, "&")
}

// hostname returns a host without its port.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.Trim(host, "[]")
}
