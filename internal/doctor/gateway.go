package doctor

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

// exampleHost stands for the Ingress's own host where that is not known.
const exampleHost = "ws.example.com"

// A Gateway is what a gateway must be told to probe the health listener.
type Gateway struct {
	Host     string // of the Ingress; "" when it is not known
	Sender   string // address of the caller who sent Host, which anybody can be; "" when nobody did
	Port     uint16 // of the health listener; 0 when it will be any free one
	Path     string
	TLS      bool          // the health listener serves HTTPS
	Secure   bool          // the target is wss://, so the server speaks TLS
	Timeout  time.Duration // of wshealthz's own probe
	Loopback bool          // the health listener is bound to loopback only
}

// NewGateway returns what a gateway must be told of a health listener at address (host:port).
func NewGateway(address, path string, tls bool, timeout time.Duration) Gateway {
	host, text, _ := net.SplitHostPort(address)
	port, _ := strconv.ParseUint(text, 10, 16) // also of :010101
	ip, err := netip.ParseAddr(host)
	return Gateway{Port: uint16(port), Path: path, TLS: tls, Timeout: timeout, Loopback: err == nil && ip.Unmap().IsLoopback()}
}

// Protocol returns http or https.
func (g Gateway) Protocol() string {
	if g.TLS {
		return "https"
	}
	return "http"
}

// An Annotation is one of an Ingress, as it is to be set.
type Annotation struct {
	Setting
	// Note is what to know before the value is used; "" for what this configuration says.
	Note string `json:"note,omitempty"`
}

// protocolNote returns what to know before Protocol is used, because the gateway speaks it to the server as well as to the
// health listener; "" where both speak the same.
func (g Gateway) protocolNote() string {
	switch {
	case g.Secure && !g.TLS:
		return "the server speaks TLS (wss://): for a gateway that does so too, set WSHEALTHZ_SERVE_CERT_FILE and WSHEALTHZ_SERVE_KEY_FILE, then https"
	case g.TLS && !g.Secure:
		return "the gateway then speaks https to the server too, and the target is ws://"
	}
	return ""
}

// Annotations returns those of the Ingress that send Application Gateway's probe to the health listener: all seven of the
// probe, and the protocol, which must be the listener's. Without a host of its own the Ingress's is ws.example.com; one that
// a caller sent has a note that says so, and so has a protocol that is not the server's.
func (g Gateway) Annotations() []Annotation {
	host, note := g.Host, ""
	if host == "" {
		host = exampleHost
	}
	if g.Sender != "" {
		note = "sent by a caller, " + g.Sender + ", not verified"
	}
	timeout := max(gatewayTimeout, g.callerTimeout())
	list := []Annotation{
		{Setting{"backend-protocol", g.Protocol()}, g.protocolNote()},
		{Setting{"health-probe-hostname", host}, note},
		{Setting: Setting{"health-probe-port", strconv.Itoa(int(g.Port))}},
		{Setting: Setting{"health-probe-path", g.Path}},
		{Setting: Setting{"health-probe-status-codes", "200"}},
		{Setting: Setting{"health-probe-interval", strconv.Itoa(max(gatewayInterval, timeout))}},
		{Setting: Setting{"health-probe-timeout", strconv.Itoa(timeout)}},
		{Setting: Setting{"health-probe-unhealthy-threshold", strconv.Itoa(gatewayThreshold)}},
	}
	for i := range list {
		list[i].Name = "appgw.ingress.kubernetes.io/" + list[i].Name
	}
	return list
}

// callerTimeout returns the shortest timeout in whole seconds that a caller must have to see a verdict that took the whole
// of Timeout.
func (g Gateway) callerTimeout() int { return int(g.Timeout/time.Second) + 1 }
