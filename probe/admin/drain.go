package admin

import (
	"net"
	"net/http"
	"net/netip"

	"wshealthz/probe"
	"wshealthz/upgrade"
)

// WaitQuery is the query with which a POST on probe.DrainPath waits for the drain.
const WaitQuery = "wait"

// maxWaiters is how many may wait for a drain at a time: a quarter of the connections.
const maxWaiters = maxConnections / 4

// A Drain is what /drain begins, ends and waits for, and what is shown of it. probe.Drain is one.
type Drain interface {
	Begin(by string)
	End(by string) error
	Wait(hungUp func() bool) (outcome string, done bool)
	Status() (status probe.DrainStatus, draining bool)
}

// drain begins a drain with POST, ends it with DELETE, and with POST and the query "wait" answers when everything has been
// waited for.
func (h *handler) drain(r *probe.Request) probe.Answer {
	wrong := stranger(r)
	switch {
	case r.Method != http.MethodPost && r.Method != http.MethodDelete:
		return probe.MethodNotAllowed(http.MethodPost, http.MethodDelete)
	case wrong != "":
		return probe.TextAnswer(http.StatusForbidden, wrong)
	case r.Method == http.MethodDelete:
		if err := h.Drain.End("wshealthz drain -off"); err != nil {
			return probe.TextAnswer(http.StatusConflict, err.Error())
		}
		return probe.TextAnswer(http.StatusOK, "not draining")
	}
	h.Drain.Begin("wshealthz drain")
	if r.Query != WaitQuery {
		return probe.TextAnswer(http.StatusOK, "draining")
	}
	if !h.waiters.Enter(r.Peer) {
		return probe.TextAnswer(http.StatusServiceUnavailable, "draining, but too many wait for it")
	}
	defer h.waiters.Leave(r.Peer)
	return probe.WaitAnswer(r, h.Drain.Wait)
}

// stranger returns why a request may not drain, although its peer and its Host are loopback; "" when it may. A web page can
// send a POST to loopback from the browser of a person at this machine, and the browser says so in Origin or Sec-Fetch-Site.
// What reached another address of this machine came through a proxy or a forwarding rule.
func stranger(r *probe.Request) string {
	switch {
	case !r.Local.Addr().Unmap().IsLoopback():
		return "to drain, connect to a loopback address, such as 127.0.0.1"
	case r.Origin:
		return "a web page may not drain, and the request has an Origin"
	case r.FetchSite:
		return "a web page may not drain, and the request has a Sec-Fetch-Site"
	}
	return ""
}

const notLoopbackHost = "the Host must be loopback, such as localhost or 127.0.0.1"

// isLoopbackHost reports whether a Host is a name or an address of loopback, with any port. Another name is a web page's that
// resolved to this machine when the browser asked again (DNS rebinding): the browser takes what it reads for the page's own.
func isLoopbackHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	} else if n := len(host); n > 1 && host[0] == '[' && host[n-1] == ']' {
		host = host[1 : n-1]
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback() || upgrade.IsLocalhost(host)
}
