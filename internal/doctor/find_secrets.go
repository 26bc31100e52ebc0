package doctor

import (
	"net/netip"

	"wshealthz/upgrade"
)

// exposes reports whether settings would send what may be secret to a server that nobody verified, or in the clear, although
// the environment as it is does not. On loopback nobody else listens.
func (f *finder) exposes(s settings) bool {
	protected := f.start.scheme == "wss" && !f.start.skipVerify
	return protected && (s.scheme == "ws" || s.skipVerify) && f.hasSecrets() && !isLoopback(f.Target.DialHost())
}

// hasSecrets reports whether the target has what is never shown: a query, header fields, a first message of its own.
func (f *finder) hasSecrets() bool {
	t := f.Target
	return t.URL.RawQuery != "" || t.Fields != nil && len(t.Fields()) > 0 || t.Dialogue != nil && t.Dialogue.Secret
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return upgrade.IsLocalhost(host) || err == nil && ip.Unmap().IsLoopback()
}
