package config

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"wshealthz/upgrade"
)

// target judges the URL, and the address that is dialed for it.
func (j *judge) target() {
	t := &j.config.Target
	if t.Address = j.Address; t.Address != "" && !isHostname(t.Address) {
		j.wrong(&j.Address, "be a host name or an IP address without a port (the port is the target's)")
	}
	const must = "be a ws:// or wss:// URL such as ws://localhost:8888/ws"
	u, err := url.Parse(j.Target)
	if err != nil || u.Scheme != "ws" && u.Scheme != "wss" || u.Hostname() == "" || !isHost(u.Host) {
		j.wrong(&j.Target, must)
		return
	}
	t.URL = u
	if u.User != nil {
		j.wrongAs(&j.Target, " with userinfo", "have none: put credentials into WSHEALTHZ_HEADERS_FILE as an Authorization line")
	}
	if strings.Contains(j.Target, "#") {
		j.wrongAs(&j.Target, " with a fragment", "have none (RFC 6455 section 3), or %23 for a literal #")
	}
	if strings.ContainsFunc(u.RawQuery, func(r rune) bool { return r <= ' ' || r > '~' }) {
		j.wrongAs(&j.Target, " with a space or a non-ASCII character in the query", "have it percent-encoded")
	}
	if port, err := strconv.ParseUint(t.Port(), 10, 16); err != nil || port == 0 {
		j.wrong(&j.Target, "have a port from 1 to 65535")
	}
	j.notOurselves()
}

// notOurselves refuses a target on one of our own ports: the probe would ask us for what it is to find out.
func (j *judge) notOurselves() {
	host, _, _ := strings.Cut(j.config.Target.DialHost(), "%") // a zone names no other machine
	ip := net.ParseIP(host)
	if !upgrade.IsLocalhost(host) && (ip == nil || !ip.IsLoopback() && !ip.IsUnspecified()) {
		return
	}
	target, _ := strconv.ParseUint(j.config.Target.Port(), 10, 16)
	for _, own := range []*string{&j.Listen, &j.AdminListen} {
		_, text, _ := net.SplitHostPort(*own)
		if port, err := strconv.ParseUint(text, 10, 16); err == nil && port == target && port != 0 {
			j.wrongAs(&j.Target, ", wshealthz's own port", "be the server's (or set another port in "+j.variable(own).Name+")")
		}
	}
}

// isHostname reports whether text is an IP address, IPv6 without brackets, or can be a host name.
func isHostname(text string) bool {
	_, err := netip.ParseAddr(text)
	return err == nil || isHost(text) && !strings.ContainsAny(text, ":[]%")
}

// isHost reports whether text can be the host of a URL, with or without a port.
func isHost(text string) bool {
	return strings.Trim(text, ":") != "" && !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`/\?#@,;"<>&'`, r) })
}
