package upgrade

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// forever is a reader without an end. It gives all of itself each time, so that frames stay whole.
type forever string

func (f forever) Read(p []byte) (int, error) { return copy(p, f), nil }

// floods is a script that reads the request, answers with head, and repeats more until the prober is gone.
func floods(head, more string) script {
	return func(p *peer) {
		p.endings = nil
		p.read()
		io.WriteString(p, head)
		io.Copy(p.tcp, struct{ io.Reader }{forever(strings.Repeat(more, 4096/len(more)+1))})
	}
}

// drips is a script that writes head and then more at a pace, for ever.
func drips(head, more string, pace time.Duration) script {
	return func(p *peer) {
		p.endings = nil
		p.read()
		for _, err := io.WriteString(p, head); err == nil; _, err = io.WriteString(p, more) {
			time.Sleep(pace) // the case is a slow server
		}
	}
}

// hostileServers mean harm. Those that would take for ever end with the budget, the others at once.
var hostileServers = []struct {
	name   string
	reason Reason
	script script
	slow   bool // ends with the budget
}{
	{"an endless line", BadHeader, floods("HTTP/1.1 101 X\r\nX: ", "x"), false},
	{"an endless status line", BadHeader, floods("HTTP/1.1 101 ", "x"), false},
	{"endless fields", BadHeader, floods("HTTP/1.1 101 X\r\n", "X: y\r\n"), false},
	{"endless interim answers", BadHeader, floods("", "HTTP/1.1 100 Continue\r\n\r\n"), false},
	{"an endless error body", BadStatus, floods("HTTP/1.1 500 Internal Server Error\r\n\r\n", "<html>"), false},
	{"endless garbage", NotHTTP, floods("", "\x00\xff"), false},
	{"endless text after the 101", OK, func(p *peer) {
		p.say(right...)
		p.endings = nil
		io.Copy(p.tcp, struct{ io.Reader }{forever(strings.Repeat(text("flood"), 100))})
	}, false},
	{"a byte at a time for ever", UpgradeTimeout, drips("HTTP/1.1 101 ", "x", 30*time.Millisecond), true},
	{"a field at a time for ever", UpgradeTimeout, drips("HTTP/1.1 101 X\r\n", "X: y\r\n", 30*time.Millisecond), true},
	{"an interim answer at a time for ever", UpgradeTimeout, drips("", "HTTP/1.1 100 Continue\r\n\r\n", 30*time.Millisecond), true},
}

func TestHostileServers(t *testing.T) {
	for _, c := range hostileServers {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address, _ := play(t, "tcp4", c.script)
			p := prober(t, address)
			if c.slow {
				short(p)
			}
			began := time.Now()
			verdict := p.Probe(t.Context())
			if verdict.Reason != c.reason {
				t.Errorf("%v, want %v", verdict, c.reason)
			}
			if len(verdict.String()) > 512 {
				t.Errorf("%d bytes of verdict, want at most 512", len(verdict.String()))
			}
			if c.slow {
				t.Logf("over the budget by %v", time.Since(began)-p.Timeout)
			}
			p.Wait(context.Background())
		})
	}
}

// TestEndAtEveryByte: a server that goes away within the head hung up, wherever that is.
func TestEndAtEveryByte(t *testing.T) {
	head := strings.Join(right, "\r\n") + "\r\n\r\n"
	ends := make(chan int, 1)
	address, endings := play(t, "tcp4", func(p *peer) {
		whole := strings.ReplaceAll(head, "{accept}", p.read())
		io.WriteString(p, whole[:<-ends])
		p.tcp.CloseWrite()
	})
	p := prober(t, address)
	whole := len(head) - len("{accept}") + acceptLen
	for end := range whole {
		ends <- end
		if verdict, _ := ask(t, p); verdict.Reason != HungUp || !strings.Contains(verdict.Detail, fmt.Sprintf("(%d bytes came)", end)) {
			t.Errorf("after %d bytes: %v, want hung_up", end, verdict)
		}
		politely(t, endings, false)
	}
}

// TestMemoryIsFlat: what hostile servers send is not kept.
func TestMemoryIsFlat(t *testing.T) {
	var probers []*Prober
	for _, c := range hostileServers {
		if !c.slow {
			address, _ := play(t, "tcp4", c.script)
			probers = append(probers, prober(t, address))
		}
	}
	round := func(n int) uint64 {
		for i := range n {
			p := probers[i%len(probers)]
			p.Probe(t.Context())
			p.Wait(context.Background())
		}
		runtime.GC()
		runtime.GC() // the second empties the pools
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := round(1000)
	after := round(1000)
	t.Logf("heap after 1,000 probes %d kB, after 1,000 more %d kB", before>>10, after>>10)
	if after > before+512<<10 {
		t.Errorf("the heap grew from %d to %d bytes", before, after)
	}
}

// TestManyShortFields: a head of 64 KiB in the smallest fields, or in one folded value, costs no more than any other.
func TestManyShortFields(t *testing.T) {
	for name, text := range map[string]string{
		"fields": "HTTP/1.1 500 X\r\n" + strings.Repeat("a:\n", 20000) + "\n",
		"kept":   "HTTP/1.1 500 X\r\nUpgrade:x\n" + strings.Repeat("a:\n", 20000) + "\n",
		"folds":  "HTTP/1.1 500 X\r\nUpgrade:x\n" + strings.Repeat(" x\n", 20000) + "\n",
	} {
		var h head
		if allocated := testing.AllocsPerRun(10, func() { h.parse([]byte(text)) }); allocated > 8 {
			t.Errorf("%s: %v allocations, want a few", name, allocated)
		}
		if len(h.fields) > 1 {
			t.Errorf("%s: %d fields are kept, want the judged ones", name, len(h.fields))
		}
	}
}

// TestLeavingIsSmall: what a hostile head made grow is not held while the connection is left, nor kept for the next.
func TestLeavingIsSmall(t *testing.T) {
	release := make(chan struct{})
	head := "HTTP/1.1 101 X\r\n" + strings.Repeat("Upgrade:a\n", 5900) + "\n"
	address, _ := play(t, "tcp4", func(p *peer) { p.endings = nil; p.write(head); <-release })
	p := prober(t, address)
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	for range maxClosing {
		if verdict := p.Probe(t.Context()); verdict.Reason != BadHeader {
			t.Fatal(verdict)
		}
	}
	if after := heap(); after > before+8<<20 {
		t.Errorf("%d connections that are being left hold %d kB", maxClosing, (after-before)>>10)
	}
	close(release)
	p.Wait(context.Background())
}

// TestNothingIsLeftBehind: no goroutine and no descriptor after 10,000 probes of all kinds, 16 at a time.
func TestNothingIsLeftBehind(t *testing.T) {
	var probers []*Prober
	for _, s := range []script{says(right...), says("HTTP/1.1 403 Forbidden"), func(p *peer) { p.tcp.CloseWrite(); p.read() }, writes("garbage")} {
		address, _ := play(t, "tcp4", s)
		probers = append(probers, prober(t, address))
	}
	probers = append(probers, prober(t, refusing(t)))
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
	until(t, "the descriptors are closed", func() bool { return descriptors(t) <= before })
	until(t, "the goroutines are gone", func() bool {
		return goleak.Find(goleak.IgnoreAnyFunction("wshealthz/upgrade.play.func1"), goleak.IgnoreAnyFunction("testing.(*T).Run")) == nil
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

// until waits for a condition.
func until(t *testing.T, what string, met func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !met(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}
