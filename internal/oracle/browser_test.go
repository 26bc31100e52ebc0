//go:build oracles

package oracle

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/coder/websocket"
)

const (
	tabs   = 4 // each a process of its own, since each is of another host
	perTab = 6 // Chromium delays a process' connections exponentially with the number that are being opened
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
	b := &browser{queue: make(chan *opening)}
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	listener.Close()
	for tab := range tabs {
		listener, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.%d:%s", tab+1, port))
		if err != nil {
			t.Fatal(err)
		}
		server := &http.Server{Handler: http.HandlerFunc(b.control)}
		go server.Serve(listener)
		t.Cleanup(func() { server.Close() })
	}
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
	for tab := range tabs {
		ctx, end := chromedp.NewContext(first)
		t.Cleanup(end)
		if _, err := chromedp.Run(ctx, chromedp.Navigate("http://127.0.0."+strconv.Itoa(tab+1)+":"+port+"/")); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// control serves the page, and passes openings to it.
func (b *browser) control(w http.ResponseWriter, r *http.Request) {
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
	var mu sync.Mutex
	waiting, free := map[int]*opening{}, make(chan struct{}, perTab)
	go func() {
		for id := 0; ; id++ {
			free <- struct{}{}
			select {
			case <-ctx.Done():
				return
			case o := <-b.queue:
				o.ID = id
				mu.Lock()
				waiting[id] = o
				mu.Unlock()
				text, _ := json.Marshal(o)
				conn.Write(ctx, websocket.MessageText, text)
			}
		}
	}()
	for {
		_, text, err := conn.Read(ctx)
		if err != nil {
			return
		}
		var done struct {
			ID     int
			Result string
		}
		json.Unmarshal(text, &done)
		mu.Lock()
		waiting[done.ID].result <- done.Result
		delete(waiting, done.ID)
		mu.Unlock()
		<-free
	}
}

// open returns what Chromium makes of a WebSocket. It asks again when Chromium was late.
func (b *browser) open(url string, subprotocols []string, read bool) string {
	for try := 0; ; try++ {
		o := &opening{URL: url, Subprotocols: subprotocols, Read: read, result: make(chan string, 1)}
		select {
		case b.queue <- o:
		case <-time.After(time.Minute):
			return late
		}
		if result := <-o.result; result != late || try == 2 {
			return result
		}
	}
}
