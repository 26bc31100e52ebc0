package doctor

import (
	"iter"
	"net"
	"slices"
	"strings"

	"wshealthz/upgrade"
)

// A cure proposes settings that may be healthy, made from those of a state that is not. What is not a valid
// configuration, or was tried before, is passed over.
type cure func(f *finder, from *state) iter.Seq[settings]

// propose returns changed copies of settings, one for each value.
func propose[T any](s settings, values []T, change func(*settings, T)) iter.Seq[settings] {
	return func(yield func(settings) bool) {
		for _, value := range values {
			changed := s
			if change(&changed, value); !yield(changed) {
				return
			}
		}
	}
}

// otherScheme tries TLS for plain HTTP and the other way round, at the same port; without one at the scheme's own.
func otherScheme(f *finder, from *state) iter.Seq[settings] {
	schemes := []string{"ws", "wss"}
	if from.symptom == unreached && f.Target.URL.Port() != "" {
		schemes = nil
	}
	return propose(from.settings, schemes, func(s *settings, scheme string) {
		if s.scheme = scheme; scheme == "ws" {
			s.serverName, s.skipVerify = "", false
		}
	})
}

// redirect follows one as far as the target's own host goes: to the path, and to TLS at the same port or at that of the
// redirect.
func redirect(f *finder, from *state) iter.Seq[settings] {
	to := from.answer.location
	if to == nil || strings.Contains(to.Path, "...") { // a secret of ours was there
		return propose(from.settings, nil, func(*settings, bool) {})
	}
	hosts := []string{from.host}
	if name := to.Hostname(); name != "" && slices.Contains([]string{hostname(from.host), hostname(from.hostHeader)}, name) && to.Scheme != "" {
		if host := f.Target.URL.Hostname(); to.Port() != "" {
			hosts = append(hosts, net.JoinHostPort(host, to.Port()))
		} else {
			hosts = append(hosts, hostFor(host))
		}
	}
	return propose(from.settings, hosts, func(s *settings, host string) {
		s.host = host
		if to.Path != "" {
			s.path = to.EscapedPath()
		}
		if to.Scheme == "https" {
			s.scheme = "wss"
		}
	})
}

// origins tries the Origin of the server itself, none where one is configured, and what else it may accept.
func origins(f *finder, from *state) iter.Seq[settings] {
	host := hostFor(hostname(from.host))
	if from.hostHeader != "" {
		host = from.hostHeader
	}
	list := []string{"same", "", "https://" + host, "http://" + host}
	if from.answer.origin != "" && from.answer.origin != "*" {
		list = slices.Insert(list, 0, from.answer.origin)
	}
	for _, name := range f.names {
		list = append(list, "https://"+name)
	}
	const most = 7
	return propose(from.settings, list[:min(len(list), most)], func(s *settings, origin string) { s.origin = origin })
}

// forwardedProto adds the header of a gateway that terminates TLS.
func forwardedProto(f *finder, from *state) iter.Seq[settings] {
	return propose(from.settings, f.unlessSet("X-Forwarded-Proto"), func(s *settings, add bool) { s.forwarded = add })
}

// userAgent sends a browser's instead of ours.
func userAgent(f *finder, from *state) iter.Seq[settings] {
	return propose(from.settings, f.unlessSet("User-Agent"), func(s *settings, add bool) { s.browser = add })
}

// unlessSet returns true once, or nothing when a header field is configured.
func (f *finder) unlessSet(name string) []bool {
	if f.Target.Fields != nil && slices.ContainsFunc(f.Target.Fields(), func(field upgrade.Field) bool { return strings.EqualFold(field.Name, name) }) {
		return nil
	}
	return []bool{true}
}

// asBrowser combines the headers of a browser behind a gateway that terminates TLS, for servers that check more than one.
func asBrowser(f *finder, from *state) iter.Seq[settings] {
	return propose(from.settings, []bool{true}, func(s *settings, _ bool) {
		s.forwarded, s.browser = len(f.unlessSet("X-Forwarded-Proto")) > 0, len(f.unlessSet("User-Agent")) > 0
		host := s.host
		if s.hostHeader != "" {
			host = s.hostHeader
		}
		s.origin = "https://" + host
	})
}
