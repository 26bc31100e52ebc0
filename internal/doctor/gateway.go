package probe

import (
	"net"
	"net/netip"
	"strconv"
	"time"
)

// The probe of Application Gateway as the charts write it, in seconds: a pod that fails is out after (1 + 2) × 5 s.
const (
	gatewayInterval  = 5
	gatewayTimeout   = 5
	gatewayThreshold = 2
)

// ExampleHost stands for the Ingress's own host where that is not known.
const ExampleHost = "ws.example.com"

// Annotations are those of the Ingress that send Application Gateway's probe to a health listener: all seven, and the
// protocol, which must be the listener's. host is the Ingress's, port and path are the listener's, secure says whether it
// speaks HTTPS, and budget is the time that a probe of ours may take.
func Annotations(host, port, path string, secure bool, budget time.Duration) []Setting {
	protocol := "http"
	if secure {
		protocol = "https"
	}
	timeout := max(gatewayTimeout, SecondsAbove(budget))
	list := []Setting{
		{"backend-protocol", protocol},
		{"health-probe-hostname", host},
		{"health-probe-port", port},
		{"health-probe-path", path},
		{"health-probe-status-codes", "200"},
		{"health-probe-interval", strconv.Itoa(max(gatewayInterval, timeout))},
		{"health-probe-timeout", strconv.Itoa(timeout)},
		{"health-probe-unhealthy-threshold", strconv.Itoa(gatewayThreshold)},
	}
	for i := range list {
		list[i].Name = "appgw.ingress.kubernetes.io/" + list[i].Name
	}
	return list
}

// SecondsAbove is the shortest timeout in whole seconds that whoever asks must have, to see a verdict that took the whole
// budget.
func SecondsAbove(budget time.Duration) int { return int(budget/time.Second) + 1 }

// annotations are Annotations of the health listener as it is bound.
func (a *admin) annotations(callers []Asker) []Setting {
	_, port, _ := net.SplitHostPort(a.Health.Addr().String())
	return Annotations(ingressHost(callers), port, a.Path, a.Certificate != nil, a.Timeout)
}

// ingressHost is the name that a gateway sends already, or one that stands for it.
func ingressHost(callers []Asker) string {
	for _, c := range callers {
		host := c.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		if _, err := netip.ParseAddr(host); err != nil && host != "" && host != "localhost" && isName(host) {
			return host
		}
	}
	return ExampleHost
}

// isName says whether a host can be a DNS name: what a caller sends may be anything.
func isName(host string) bool {
	for _, c := range []byte(host) {
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '.') {
			return false
		}
	}
	return true
}
