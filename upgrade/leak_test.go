package upgrade

import (
	"context"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"wshealthz/internal/testbed"
)

// heap returns the bytes that are allocated and reachable, those in pools left out.
func heap() int64 {
	runtime.GC()
	runtime.GC() // the first leaves the pools their victims
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestMemoryIsFlat: what hostile servers send is not kept.
func TestMemoryIsFlat(t *testing.T) {
	var probers []*Prober
	for _, c := range hostileServers {
		if !c.slow {
			address, _ := testbed.Serve(t, "tcp4", c.script)
			probers = append(probers, newProber(t, address))
		}
	}
	const probes, atMost = 150, 64 << 10 // bytes: less than half a kilobyte each
	run := func() {
		for i := range probes {
			p := probers[i%len(probers)]
			p.Probe(t.Context())
			p.Wait(context.Background())
		}
	}
	run()
	before := heap()
	run()
	testbed.Until(t, "the heap is as small as before", func() bool { // once the last script has seen the end
		after := heap()
		t.Logf("%d bytes more after %d probes", after-before, probes)
		return after-before < atMost
	})
}

// TestClosingIsSmall: what a hostile head made grow is not held while the connection is closed, nor kept for the next.
func TestClosingIsSmall(t *testing.T) {
	release := make(chan struct{})
	head := "HTTP/1.1 101 X\r\n" + strings.Repeat("Upgrade:a\n", 5900) + "\n"
	address, _ := testbed.Serve(t, "tcp4", func(p *testbed.Peer) {
		p.DoNotWatch()
		p.ReadRequest()
		p.Answer(head)
		p.HoldUntil(release)
	})
	p := newProber(t, address)
	before := heap()
	for range maxClosing {
		if verdict := p.Probe(t.Context()); verdict.Reason != BadHeader {
			t.Fatal(verdict)
		}
	}
	if after := heap(); after > before+8<<20 {
		t.Errorf("%d connections that are being closed hold %d kB", maxClosing, (after-before)>>10)
	}
	close(release)
	p.Wait(context.Background())
}

// TestNothingIsLeftBehind: no goroutine and no descriptor after 10,000 probes of all kinds, 16 at a time.
func TestNothingIsLeftBehind(t *testing.T) {
	var probers []*Prober
	for _, s := range []testbed.Script{testbed.Accept(), testbed.AnswerHead("HTTP/1.1 403 Forbidden"), func(p *testbed.Peer) { p.CloseWrite(); p.ReadRequest() }, testbed.AnswerText("garbage")} {
		address, _ := testbed.Serve(t, "tcp4", s)
		probers = append(probers, newProber(t, address))
	}
	probers = append(probers, newProber(t, refusing(t)))
	before := descriptors(t)
	var all sync.WaitGroup
	for worker := range 16 {
		all.Go(func() {
			for i := range 10_000 / 16 {
				probers[(i+worker)%len(probers)].Probe(t.Context())
			}
		})
	}
	all.Wait()
	for _, p := range probers {
		p.Wait(context.Background())
	}
	testbed.Until(t, "the descriptors are closed", func() bool { return descriptors(t) <= before })
	testbed.Until(t, "the goroutines are gone", func() bool {
		return goleak.Find(goleak.IgnoreAnyFunction("wshealthz/internal/testbed.acceptConnections"), goleak.IgnoreAnyFunction("testing.(*T).Run")) == nil
	})
}

func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("no /proc/self/fd here")
	}
	return len(entries)
}
