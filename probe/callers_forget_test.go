package probe

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// ask observes a request of a caller.
func ask(c *Callers, address, agent string) {
	c.Observe(&Request{Peer: netip.AddrPortFrom(netip.MustParseAddr(address), 40000), UserAgent: agent, Path: "/health", Status: 200})
}

// knows reports whether a caller is in the list.
func knows(c *Callers, address, agent string) bool {
	return slices.ContainsFunc(c.List(), func(caller Caller) bool {
		return caller.Address == netip.MustParseAddr(address) && caller.UserAgent == agent
	})
}

// TestGatewayIsRemembered: no crowd of strangers takes a gateway that asks every 30 s out of the list.
func TestGatewayIsRemembered(t *testing.T) {
	for name, crowd := range map[string]func(c *Callers, i int){
		"128 agents from one address":         func(c *Callers, i int) { ask(c, "203.0.113.9", fmt.Sprint(i)) },
		"the same from the gateway's address": func(c *Callers, i int) { ask(c, "10.225.0.5", fmt.Sprint(i)) },
		"the same, each twice": func(c *Callers, i int) {
			ask(c, "203.0.113.9", fmt.Sprint(i))
			ask(c, "203.0.113.9", fmt.Sprint(i))
		},
		"128 addresses of one IPv6 network": func(c *Callers, i int) { ask(c, fmt.Sprintf("2001:db8::%x", i+1), "") },
		"256 IPv4 addresses": func(c *Callers, i int) {
			ask(c, fmt.Sprintf("198.51.100.%d", 2*i), "")
			ask(c, fmt.Sprintf("198.51.100.%d", 2*i+1), "")
		},
		"128 IPv4 addresses that keep on asking": func(c *Callers, i int) {
			for n := range i {
				ask(c, fmt.Sprintf("198.51.100.%d", n), "")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := NewCallers(time.Now)
				ask(c, "10.225.0.5", "")
				time.Sleep(30 * time.Second)
				ask(c, "10.225.0.5", "")
				for range 10 {
					for i := range maxCallers {
						crowd(c, i)
						time.Sleep(5 * time.Second / maxCallers)
					}
					time.Sleep(25 * time.Second)
					if !knows(c, "10.225.0.5", "") {
						t.Fatal("the gateway was forgotten")
					}
					ask(c, "10.225.0.5", "")
				}
				if n := len(c.List()); n > maxCallers {
					t.Errorf("%d callers are kept, want at most %d", n, maxCallers)
				}
			})
		})
	}
}

// TestForgottenFirst: in which order callers are forgotten.
func TestForgottenFirst(t *testing.T) {
	now := time.Now()
	seen := func(requests uint64, first, last time.Duration) *Caller {
		return &Caller{Requests: requests, First: now.Add(-first), Last: now.Add(-last)}
	}
	want := []*Caller{
		seen(1000, 10*time.Hour, time.Hour), // has stopped
		seen(1, time.Minute, time.Minute),
		seen(2, 20*time.Second, 19*time.Second),
		seen(1, time.Second, time.Second),
		seen(2, 10*time.Second, 5*time.Second), // asks every 5 s, since 10 s
		seen(3, 61*time.Second, time.Second),
		seen(1000, time.Hour, 5*time.Second),
	}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortStableFunc(got, func(a, b *Caller) int {
		switch x, y := a.Worth(now), b.Worth(now); {
		case x.Less(y):
			return -1
		case y.Less(x):
			return 1
		}
		return 0
	})
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%+v goes at place %d, want %+v", got[i], i, want[i])
		}
	}
}

// TestNetworkOf: one machine may have any address of its IPv6 network.
func TestNetworkOf(t *testing.T) {
	for address, want := range map[string]string{
		"203.0.113.9": "203.0.113.9/32", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64",
	} {
		if got := networkOf(netip.MustParseAddr(address)); got.String() != want {
			t.Errorf("%s is of %s, want %s", address, got, want)
		}
	}
}

// BenchmarkStranger is a caller who makes others be forgotten.
func BenchmarkStranger(b *testing.B) {
	c := NewCallers(time.Now)
	for i := range maxCallers {
		ask(c, fmt.Sprintf("198.51.100.%d", i), "")
	}
	requests := make([]Request, 250)
	for i := range requests {
		requests[i] = Request{Peer: netip.MustParseAddrPort(fmt.Sprintf("203.0.113.%d:1", i)), Path: "/health", Status: 200}
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c.Observe(&requests[i%len(requests)])
	}
}
