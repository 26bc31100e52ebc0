//go:build oracles

package oracle

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

const (
	tabs   = 4 // each has a process of its own, because each page is of another host
	perTab = 6 // Chromium delays a process's connections, doubling the delay with each one that is being opened
)

// An opening is a WebSocket that Chromium is to open.
type opening struct {
	ID           int      `json:"id"`
	URL          string   `json:"url"`
	Subprotocols []string `json:"subprotocols"`
	Read         bool     `json:"read"` // until a message is "end"
	result       chan string
}

// What Chromium made of an opening.
const (
	opened  = "open"
	refused = "refused"
	late    = "late" // it decided nothing in time: a busy machine
	gotEnd  = "end"
	closed  = "closed" // cleanly
	failed  = "failed"
)

const script = `<script>
const open = job => new Promise(done => {
	let opened = false, timer
	const ws = new WebSocket(job.url, job.subprotocols || [])
	const over = result => { clearTimeout(timer); done(result); ws.close() }
	timer = setTimeout(() => over('late'), 10000)
	ws.onopen = () => { opened = true; if (!job.read) over('open') }
	ws.onmessage = e => { if (e.data === 'end') over('end') }
	ws.onclose = e => over(!opened ? 'refused' : e.wasClean ? 'closed' : 'failed')
})
const control = new WebSocket('ws://' + location.host + '/control')
control.onmessage = async e => {
	const job = JSON.parse(e.data)
	control.send(JSON.stringify({id: job.id, result: await open(job)}))
}
</script>`

// A browser is a Chromium that opens WebSockets.
type browser struct{ queue chan *opening }

// startBrowser starts a Chromium whose tabs take openings from a queue until the test ends.
func startBrowser(t *testing.T) *browser {
	t.Helper()
	b := &browser{queue: make(chan *opening)}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath("chromium"), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("no-proxy-server", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	first, end := chromedp.NewContext(allocator)
	t.Cleanup(end)
	if err := chromedp.Do(first); err != nil {
		t.Fatal("no browser, run .ci/oracles: ", err)
	}
	for i := range tabs {
		listener, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.%d:0", i+1))
		if err != nil {
			t.Fatal(err)
		}
		server := &http.Server{Handler: http.HandlerFunc(b.serve)}
		go server.Serve(listener)
		t.Cleanup(func() { server.Close() })
		ctx, end := chromedp.NewContext(first)
		t.Cleanup(end)
		if _, err := chromedp.Run(ctx, chromedp.Navigate("http://"+listener.Addr().String()+"/")); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// serve serves the page, and the WebSocket on which the page gets openings.
func (b *browser) serve(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/control" {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, script)
		return
	}
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	ctx, stop := context.WithCancel(r.Context())
	defer stop()
	p := &tab{conn: conn, free: make(chan struct{}, perTab), waiting: map[int]*opening{}}
	go p.send(ctx, b.queue)
	p.receive(ctx)
}

// A tab has a page that opens WebSockets.
type tab struct {
	conn *websocket.Conn
	free chan struct{} // holds one for each opening under way

	mu      sync.Mutex
	waiting map[int]*opening // by ID
}

// send passes openings to the page, perTab at a time.
func (p *tab) send(ctx context.Context, queue <-chan *opening) {
	for id := 0; ; id++ {
		select {
		case <-ctx.Done():
			return
		case p.free <- struct{}{}:
		}
		select {
		case <-ctx.Done():
			return
		case o := <-queue:
			o.ID = id
			p.mu.Lock()
			p.waiting[id] = o
			p.mu.Unlock()
			wsjson.Write(ctx, p.conn, o)
		}
	}
}

// receive passes on what the page made of them.
func (p *tab) receive(ctx context.Context) {
	for {
		var done struct {
			ID     int
			Result string
		}
		if wsjson.Read(ctx, p.conn, &done) != nil {
			return
		}
		p.mu.Lock()
		p.waiting[done.ID].result <- done.Result
		delete(p.waiting, done.ID)
		p.mu.Unlock()
		<-p.free
	}
}

// open returns what Chromium makes of a WebSocket. It asks again when Chromium was late.
func (b *browser) open(url string, subprotocols []string, read bool) (result string) {
	for range 3 {
		o := &opening{URL: url, Subprotocols: subprotocols, Read: read, result: make(chan string, 1)}
		patience := time.After(time.Minute) // for a Chromium that has crashed
		select {
		case b.queue <- o:
		case <-patience:
			return late
		}
		select {
		case result = <-o.result:
		case <-patience:
			return late
		}
		if result != late {
			break
		}
	}
	return result
}
