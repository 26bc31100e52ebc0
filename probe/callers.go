package probe

import (
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// MaxCallerText bounds what is kept of a caller's own words, in bytes.
const MaxCallerText = 120

// kubeletAgents begin the User-Agents of the kubelet's probes and hooks. It asks for the pod's sake, not as a gateway.
var kubeletAgents = []string{"kube-probe/", "kube-lifecycle/"}

// Callers records who requests the health path. When nobody does, the gateway's port or a network rule is wrong; in a drain it
// tells when the gateway knows. Use NewCallers.
type Callers struct {
	now func() time.Time

	mu      sync.Mutex
	callers map[callerKey]*Caller
	answers map[int]uint64 // by status
	started time.Time
	last    time.Time // of the last request of anybody, or the start
	gateway time.Time // of the last request that was not the kubelet's, or the start
}

type callerKey struct {
	address      netip.Addr
	agent, wrong string
}

// A Caller is one address with one User-Agent. What it sent wrong is listed apart: a request that cannot be read has no
// User-Agent, and neither have those of Application Gateway.
type Caller struct {
	Address   netip.Addr
	UserAgent string    // as sent, at most 120 bytes; "" is what Application Gateway sends
	Host      string    // of the last request, at most 120 bytes
	Path      string    // of the last request, decoded, at most 120 bytes
	Requests  uint64    // since First
	Status    int       // of the last answer; 0: there could be none, because the TLS handshake failed
	Wrong     string    // why the requests were refused, at most 120 bytes; "" when they were not
	First     time.Time // of the first request
	Last      time.Time // of the last request

	network  netip.Prefix // of Address, see networkOf
	verdicts verdicts     // that it got
}

func (c *Caller) key() callerKey { return callerKey{c.Address, c.UserAgent, c.Wrong} }

// Every returns the mean time between two requests, zero for one request.
func (c Caller) Every() time.Duration {
	if c.Requests < 2 {
		return 0
	}
	return c.Last.Sub(c.First) / time.Duration(c.Requests-1)
}

// GotVerdict reports whether the last request was one for the verdict, whatever that was.
func (c Caller) GotVerdict() bool {
	return c.Status == http.StatusOK || c.Status == http.StatusServiceUnavailable
}

// IsKubelet reports whether the caller is the kubelet, by its User-Agent.
func (c Caller) IsKubelet() bool { return isKubelet(c.UserAgent) }

func isKubelet(agent string) bool {
	return slices.ContainsFunc(kubeletAgents, func(prefix string) bool { return strings.HasPrefix(agent, prefix) })
}

// NewCallers returns callers without any. now is the clock, such as time.Now; ages count from what it says at first.
func NewCallers(now func() time.Time) *Callers {
	start := now()
	return &Callers{now: now, callers: map[callerKey]*Caller{}, answers: map[int]uint64{}, started: start, last: start, gateway: start}
}

// Observe records a request and its answer.
func (c *Callers) Observe(r *Request) {
	now := c.now()
	key := callerKey{r.Peer.Addr().Unmap(), cut(r.UserAgent), cut(r.Wrong)}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers[r.Status]++
	c.last = now
	if !isKubelet(key.agent) {
		c.gateway = now
	}
	if !r.Peer.IsValid() {
		return
	}
	caller := c.callers[key]
	if caller == nil {
		network := networkOf(key.address)
		c.makeRoom(network, now)
		key.agent, key.wrong = strings.Clone(key.agent), strings.Clone(key.wrong) // so that the rest of longer ones is not kept
		caller = &Caller{Address: key.address, UserAgent: key.agent, Wrong: key.wrong, First: now, network: network}
		c.callers[key] = caller
	}
	if host := cut(r.Host); host != caller.Host {
		caller.Host = strings.Clone(host)
	}
	if path := cut(r.Path); path != caller.Path {
		caller.Path = strings.Clone(path)
	}
	caller.Requests++
	caller.Status, caller.Last = r.Status, now
	if r.Verdict {
		caller.verdicts.observe(r.Status == http.StatusOK, now)
	}
}

func cut(text string) string { return text[:min(len(text), MaxCallerText)] }

// List returns the callers, the most recent first.
func (c *Callers) List() []Caller {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := make([]Caller, 0, len(c.callers))
	for _, caller := range slices.SortedFunc(maps.Values(c.callers), func(a, b *Caller) int { return b.Last.Compare(a.Last) }) {
		list = append(list, *caller)
	}
	return list
}

// LastRequest returns when anybody last asked; zero when nobody has.
func (c *Callers) LastRequest() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.last.After(c.started) {
		return time.Time{}
	}
	return c.last
}

// LastGateway returns when the last request came that was not the kubelet's; the start when none did.
func (c *Callers) LastGateway() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gateway
}

// Answered returns how many requests got a status.
func (c *Callers) Answered(status int) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.answers[status]
}
