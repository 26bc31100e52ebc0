package config

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

// maxPath bounds the health path in bytes: each escaped in a request, all of them fit into a head.
const maxPath = 1 << 10

// listeners judges the addresses of both listeners, and the path.
func (j *judge) listeners() {
	c := j.config
	c.Listen, c.Path, c.AdminListen = j.Listen, j.Path, j.AdminListen
	c.MaxAge = j.duration(&j.MaxAge, 0, 1<<63-1, "be a duration of 0 or more, such as 1s")
	c.Target.MaxAge = c.MaxAge
	port := j.address(&j.Listen)
	if j.AdminListen != "" && j.address(&j.AdminListen) == port && port != "" && port != "0" && overlap(j.Listen, j.AdminListen) {
		j.wrong(&j.AdminListen, "have another port than WSHEALTHZ_LISTEN (or be the empty string for no admin listener)")
	}
	if len(j.Path) > maxPath {
		j.fault(&j.Path, fmt.Sprintf("has %d bytes, must have at most %d", len(j.Path), maxPath))
	}
	if !strings.HasPrefix(j.Path, "/") || strings.ContainsFunc(j.Path, func(r rune) bool { return r < ' ' || r == '?' || r == '#' }) {
		j.wrong(&j.Path, "be a path that begins with / and has no ? or #, such as /health")
	}
}

// address judges host:port and returns the port, "" when there is none.
func (j *judge) address(field *string) string {
	host, port, err := net.SplitHostPort(*field)
	n, notNumber := strconv.ParseUint(port, 10, 16)
	if err != nil || notNumber != nil || host != "" && !isHostname(host) {
		j.wrong(field, "be host:port with a port from 0 to 65535, such as :10101 or 127.0.0.1:10101")
		return ""
	}
	return strconv.FormatUint(n, 10)
}

// overlap reports whether two addresses with the same port cannot both be bound.
func overlap(a, b string) bool {
	hostA, _, _ := net.SplitHostPort(a)
	hostB, _, _ := net.SplitHostPort(b)
	return hostA == hostB || isWildcard(hostA) || isWildcard(hostB)
}

func isWildcard(host string) bool {
	ip := net.ParseIP(host)
	return host == "" || ip != nil && ip.IsUnspecified()
}
