package admin

import (
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"wshealthz/probe"
)

// maxText is how many bytes are kept of what a caller says.
const maxText = 120

// kubeletAgent begins the kubelet's User-Agent. It asks for the pod's sake, not as a gateway.
const kubeletAgent = "kube-probe/"

// answerCodes are all statuses that the health listener answers, also to what is no well-formed request.
var answerCodes = []int{
	http.StatusOK, http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusRequestTimeout,
	http.StatusRequestURITooLong, http.StatusRequestHeaderFieldsTooLarge, http.StatusNotImplemented, http.StatusServiceUnavailable,
	http.StatusHTTPVersionNotSupported,
}

// Callers records who requests the health path. When nobody does, the gateway's port or a network rule is wrong. Use
// NewCallers.
type Callers struct {
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
	UserAgent string    // as sent, at most maxText bytes; "" is what Application Gateway sends
	Host      string    // of the last request, at most maxText bytes
	Path      string    // of the last request, decoded, at most maxText bytes
	Requests  uint64    // since First
	Status    int       // of the last answer; 0: there could be none, because the TLS handshake failed
	Wrong     string    // why the requests were refused, at most maxText bytes; "" when they were not
	First     time.Time // of the first request
	Last      time.Time // of the last request

	network netip.Prefix // of Address, see networkOf
}

func (c *Caller) key() callerKey { return callerKey{c.Address, c.UserAgent, c.Wrong} }

// Every returns the mean time between two requests, zero for one request.
func (c Caller) Every() time.Duration {
	if c.Requests < 2 {
		return 0
	}
	return c.Last.Sub(c.First) / time.Duration(c.Requests-1)
}

// gotVerdict reports whether the last request was one for the verdict, whatever that was.
func (c Caller) gotVerdict() bool {
	return c.Status == http.StatusOK || c.Status == http.StatusServiceUnavailable
}

func (c Caller) isKubelet() bool { return strings.HasPrefix(c.UserAgent, kubeletAgent) }

// NewCallers returns callers without any; ages count from now.
func NewCallers() *Callers {
	now := time.Now()
	return &Callers{callers: map[callerKey]*Caller{}, answers: map[int]uint64{}, started: now, last: now, gateway: now}
}

// Observe records a request and its answer.
func (c *Callers) Observe(r *probe.Request) {
	now := time.Now()
	key := callerKey{r.Peer.Addr().Unmap(), cut(r.UserAgent), cut(r.Wrong)}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers[r.Status]++
	c.last = now
	if !strings.HasPrefix(key.agent, kubeletAgent) {
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
}

func cut(text string) string { return text[:min(len(text), maxText)] }

// list returns the callers, the most recent first.
func (c *Callers) list() []Caller {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := make([]Caller, 0, len(c.callers))
	for _, caller := range slices.SortedFunc(maps.Values(c.callers), func(a, b *Caller) int { return b.Last.Compare(a.Last) }) {
		list = append(list, *caller)
	}
	return list
}

// lastRequest returns when anybody last asked; zero when nobody has.
func (c *Callers) lastRequest() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.last.After(c.started) {
		return time.Time{}
	}
	return c.last
}

// lastGateway returns when the last request came that was not the kubelet's; the start when none did.
func (c *Callers) lastGateway() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gateway
}

// answered returns how many requests got a status.
func (c *Callers) answered(status int) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.answers[status]
}
