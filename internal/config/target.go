package main

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"wshealthz/upgrade"
)

// target judges the URL and the address that is dialed for it.
func (j *judge) target() {
	if j.config.target.Address = j.Address; j.Address != "" && !isHostname(j.Address) {
		j.wrong("ADDRESS", j.Address, "a host name or an IP address without a port (the port is the target's)")
	}
	const want = "a ws:// or wss:// URL such as ws://localhost:8888/ws"
	if j.Target == "" {
		j.fault(j.targetName, "is not set", want)
		return
	}
	shown := "holds " + shownURL(j.Target)
	u, err := url.Parse(j.Target)
	if err != nil || u.Scheme != "ws" && u.Scheme != "wss" || u.Hostname() == "" || !isHost(u.Host) {
		j.fault(j.targetName, shown, want)
		return
	}
	j.config.target.URL = u
	if u.User != nil {
		j.fault(j.targetName, shown+" with userinfo", "none: credentials belong into WSHEALTHZ_HEADERS_FILE as an Authorization line")
	}
	if strings.Contains(j.Target, "#") {
		j.fault(j.targetName, shown+" with a fragment", "none (RFC 6455 section 3), or %23 for a # that is meant")
	}
	if strings.ContainsFunc(u.RawQuery, func(r rune) bool { return r <= ' ' || r > '~' }) {
		j.fault(j.targetName, shown+" with a space or a letter beyond ASCII in the query", "it percent-encoded")
	}
	if port, err := strconv.ParseUint(j.config.target.Port(), 10, 16); err != nil || port == 0 {
		j.fault(j.targetName, shown, "a port of 1 to 65535")
	}
	j.notOurselves()
}

// isHostname says whether text is an IP address, IPv6 without brackets, or can be a host name.
func isHostname(text string) bool {
	_, err := netip.ParseAddr(text)
	return err == nil || isHost(text) && !strings.ContainsAny(text, ":[]%")
}

// notOurselves refuses a target on one of our own ports: a probe would ask us for what it is to find out.
func (j *judge) notOurselves() {
	host, _, _ := strings.Cut(j.config.target.DialHost(), "%") // a zone names no other machine
	ip := net.ParseIP(host)
	if !upgrade.IsLocalhost(host) && (ip == nil || !ip.IsLoopback() && !ip.IsUnspecified()) {
		return
	}
	target, _ := strconv.ParseUint(j.config.target.Port(), 10, 16)
	for _, own := range []struct{ name, address string }{{"LISTEN", j.Listen}, {"ADMIN_LISTEN", j.AdminListen}} {
		_, text, _ := net.SplitHostPort(own.address)
		if port, err := strconv.ParseUint(text, 10, 16); err == nil && port == target && port != 0 {
			j.fault(j.targetName, "holds "+shownURL(j.Target)+", wshealthz's own port", "the server's, or another port in "+prefix+own.name)
		}
	}
}
