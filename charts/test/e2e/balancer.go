package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// A balancer is one instance of Application Gateway behind AGIC: it probes each backend that AGIC has told it of, and forwards
// requests to those that are healthy, in turn.
type balancer struct {
	probeOf  func(address string) *probe
	port     string        // of the server
	draining time.Duration // connections to a backend that was removed are cut after it

	mu       sync.Mutex // guards all below, and the health of the backends
	backends []*backend
	next     int    // whose turn it is
	state    string // as printed last
}

// balance runs a balancer. Whenever the backends or their health change, it prints "backends:"
// and ADDRESS=healthy or ADDRESS=unhealthy for each.
func balance(args []string) error {
	flags := flag.NewFlagSet("balance", flag.ExitOnError)
	b := &balancer{probeOf: probeFlags(flags)}
	service := flags.String("service", "", "Service whose pods are the backends")
	late := flags.Duration("late", 10*time.Second, "time after which a pod that was added or removed is a backend or is none any more")
	flags.StringVar(&b.port, "server-port", "8888", "port of the server")
	flags.DurationVar(&b.draining, "draining", 30*time.Second, "connection draining timeout")
	flags.Parse(args)
	go watchEndpoints(*service, *late, b.set)
	return http.ListenAndServe(":8080", b)
}

// set makes these addresses the backends.
func (b *balancer) set(addresses []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.backends = slices.DeleteFunc(b.backends, func(old *backend) bool {
		stays := slices.Contains(addresses, old.address)
		if !stays {
			old.remove(b.draining)
		}
		return !stays
	})
	for _, address := range addresses {
		if !slices.ContainsFunc(b.backends, func(old *backend) bool { return old.address == address }) {
			added := newBackend(address, b.port)
			b.backends = append(b.backends, added)
			go b.probe(added)
		}
	}
	b.print()
}

// probe probes a backend until it is removed.
func (b *balancer) probe(to *backend) {
	p := b.probeOf(to.address)
	tick := time.NewTicker(p.interval)
	defer tick.Stop()
	for {
		succeeded, answer := p.send(to.probed)
		if to.probed.Err() != nil {
			return
		}
		b.mu.Lock()
		was := to.health
		to.health.add(succeeded, p.threshold)
		if to.health != was {
			log.Printf("%s answers %s", to.address, answer)
		}
		b.print()
		b.mu.Unlock()
		select {
		case <-tick.C:
		case <-to.probed.Done():
			return
		}
	}
}

// print prints the backends if they or their health have changed. The caller holds mu.
func (b *balancer) print() {
	var words []string
	for _, backend := range b.backends {
		words = append(words, backend.address+"="+map[bool]string{true: "healthy", false: "unhealthy"}[backend.health.healthy])
	}
	slices.Sort(words)
	if state := strings.Join(words, " "); state != b.state {
		b.state = state
		fmt.Println("backends:", state)
	}
}

// pick returns the healthy backend whose turn it is, or nil.
func (b *balancer) pick() *backend {
	b.mu.Lock()
	defer b.mu.Unlock()
	for range b.backends {
		b.next++
		if backend := b.backends[b.next%len(b.backends)]; backend.health.healthy {
			return backend
		}
	}
	return nil
}

// ServeHTTP forwards a request to one backend; another is not tried.
func (b *balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	backend := b.pick()
	if backend == nil {
		http.Error(w, "no backend is healthy", http.StatusBadGateway)
		return
	}
	backend.forward(w, r)
}
