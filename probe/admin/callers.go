package probe

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	maxCallers = 128 // that are told apart; the one that was away for longest goes
	maxText    = 120 // bytes that are kept of what a caller says
)

// Callers are those who ask the health listener: the first thing to look at when nobody does, because then the
// gateway's port or a network rule is wrong. Use NewCallers.
type Callers struct {
	metrics *metricSet

	mu      sync.Mutex
	who     map[callerKey]*Caller
	last    time.Time // of the last request of anybody, or the start
	gateway time.Time // of the last request that was not the kubelet's, or the start
}

type callerKey struct {
	address netip.Addr
	agent   string
}

// A Caller is one address with one User-Agent.
type Caller struct {
	Address   string    // without the port, which differs from connection to connection
	UserAgent string    // as sent, at most maxText bytes; "" is what Application Gateway sends
	Host      string    // of the last request, at most maxText bytes
	Path      string    // of the last request, decoded, at most maxText bytes
	Requests  uint64    // since First
	Status    int       // of the last answer
	First     time.Time // of the first request
	Last      time.Time // of the last request
}

// Every is the mean time between two requests, zero for one request.
func (c Caller) Every() time.Duration {
	if c.Requests < 2 {
		return 0
	}
	return c.Last.Sub(c.First) / time.Duration(c.Requests-1)
}

// NewCallers counts from now. History's metrics count the answers.
func NewCallers(h *History) *Callers {
	return &Callers{metrics: h.metrics, who: map[callerKey]*Caller{}, last: h.started, gateway: h.started}
}

// note remembers a request and the status that it was answered with.
func (c *Callers) note(r *http.Request, status int) {
	c.metrics.answered(status)
	now := time.Now()
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	key := callerKey{from.Addr().Unmap(), cut(r.UserAgent())}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = now
	if !strings.HasPrefix(key.agent, kubelet) {
		c.gateway = now
	}
	if err != nil {
		return
	}
	who := c.who[key]
	if who == nil {
		c.makeRoom()
		// Clone: the request's strings may be pieces of a much larger header.
		key.agent = strings.Clone(key.agent)
		who = &Caller{Address: key.address.String(), UserAgent: key.agent, First: now}
		c.who[key] = who
	}
	if host := cut(r.Host); host != who.Host {
		who.Host = strings.Clone(host)
	}
	if path := cut(r.URL.Path); path != who.Path {
		who.Path = strings.Clone(path)
	}
	who.Requests++
	who.Status, who.Last = status, now
}

// makeRoom forgets the caller that was away for longest when there are too many. c.mu is held.
func (c *Callers) makeRoom() {
	if len(c.who) < maxCallers {
		return
	}
	var oldest callerKey
	for key, who := range c.who {
		if o := c.who[oldest]; o == nil || who.Last.Before(o.Last) {
			oldest = key
		}
	}
	delete(c.who, oldest)
}

func cut(text string) string { return text[:min(len(text), maxText)] }

// List is who asked, the last one first.
func (c *Callers) List() []Caller {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := make([]Caller, 0, len(c.who))
	for _, who := range c.who {
		list = append(list, *who)
	}
	slices.SortFunc(list, func(a, b Caller) int { return b.Last.Compare(a.Last) })
	return list
}

// LastGateway is when the last request came that was not the kubelet's; the start when none did.
func (c *Callers) LastGateway() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gateway
}

// Last is when the last request came, of whomever; the start when none did.
func (c *Callers) Last() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last
}
