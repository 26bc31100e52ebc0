package doctor

import (
	"iter"
	"net"
	"slices"
	"strings"
)

// certificates leaves the certificate unverified once, which also shows its names, and then tries those.
func certificates(f *finder, from *state) iter.Seq[settings] {
	return func(yield func(settings) bool) {
		s := from.settings
		if s.skipVerify, s.serverName = true, ""; !yield(s) {
			return
		}
		for s := range serverNames(f, from) {
			if !yield(s) {
				return
			}
		}
	}
}

// serverNames tries other names in SNI and for the certificate, then with the same name as Host.
func serverNames(f *finder, from *state) iter.Seq[settings] {
	return func(yield func(settings) bool) {
		for _, name := range f.otherHosts(from) {
			s := from.settings
			if s.scheme != "wss" || name == "" {
				continue
			}
			s.serverName, s.skipVerify = name, false
			if !yield(s) {
				return
			}
			if s.hostHeader = name; !yield(s) {
				return
			}
		}
	}
}

// hosts tries other names as Host, and with TLS also in SNI.
func hosts(f *finder, from *state) iter.Seq[settings] {
	return func(yield func(settings) bool) {
		for _, name := range f.otherHosts(from) {
			s := from.settings
			switch {
			case s.skipVerify: // excludes another name, but the target may have it
				s.host, s.address, s.hostHeader = hostFor(name), f.Target.DialHost(), ""
				if port := f.Target.URL.Port(); port != "" {
					s.host = net.JoinHostPort(name, port)
				}
			case s.scheme == "wss" && name != "":
				s.hostHeader, s.serverName = name, name
			default:
				s.hostHeader = name
			}
			if !yield(s) {
				return
			}
		}
	}
}

// hostsAndOrigin proposes what hosts does, with the Origin of the same name.
func hostsAndOrigin(f *finder, from *state) iter.Seq[settings] {
	return func(yield func(settings) bool) {
		for s := range hosts(f, from) {
			if s.origin = "same"; !yield(s) {
				return
			}
		}
	}
}

// otherHosts returns the names that the server may know itself by: those of certificates and of a redirect, the
// configured ones, localhost. A Host that is configured may be one too many.
func (f *finder) otherHosts(from *state) []string {
	const most = 5
	var names []string
	add := func(name string) {
		if !slices.Contains(names, name) && len(names) < most {
			names = append(names, name)
		}
	}
	if f.Target.Host != "" {
		add("")
	}
	if to := from.answer.location; to != nil && to.Hostname() != "" {
		add(to.Hostname())
	}
	for _, name := range f.names {
		add(name)
	}
	if f.Target.Host != "" {
		add(hostname(f.Target.Host))
	}
	add(hostFor(f.Target.URL.Hostname()))
	add("localhost")
	return names
}

// hostFor returns a host name as a URL has it.
func hostFor(name string) string {
	if strings.Contains(name, ":") {
		return "[" + name + "]"
	}
	return name
}
