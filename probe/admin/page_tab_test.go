//go:build browser

package admin

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// screenshots is where a person can look at each page that the tests have seen. Git ignores it.
const screenshots = "testdata/screenshots"

// A browserTab is a tab of a Chromium and what happened in it.
type browserTab struct {
	context.Context
	mu       sync.Mutex
	requests []string
	trouble  []string      // on the console, violations of the policy, dialogs, exceptions
	again    chan struct{} // a request came
}

// openBrowser starts a Chromium that asks nobody but for what a test opens.
func openBrowser(t *testing.T) context.Context {
	t.Helper()
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath("chromium"), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	browser, end := chromedp.NewContext(allocator)
	t.Cleanup(end)
	if err := chromedp.Do(browser); err != nil {
		t.Fatal("no browser, run .ci/browser: ", err)
	}
	return browser
}

func openTab(t *testing.T, browser context.Context) *browserTab {
	t.Helper()
	ctx, end := chromedp.NewContext(browser)
	t.Cleanup(end)
	ctx, stop := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(stop)
	tab := &browserTab{Context: ctx, again: make(chan struct{}, 100)}
	if err := chromedp.Listen(ctx, tab.hear); err != nil {
		t.Fatal(err)
	}
	send(t, tab, network.Enable, network.EnableParams{})
	send(t, tab, page.Enable, page.EnableParams{})
	send(t, tab, runtime.Enable, cdp.Empty{})
	send(t, tab, log.Enable, cdp.Empty{})
	send(t, tab, audits.Enable, cdp.Empty{})
	return tab
}

func send[P, R any](t *testing.T, tab *browserTab, command cdp.Command[P, R], params P) {
	t.Helper()
	if _, err := chromedp.Call(tab, command, params); err != nil {
		t.Fatal(err)
	}
}

func run[T any](t *testing.T, tab *browserTab, action chromedp.Action[T]) T {
	t.Helper()
	value, err := chromedp.Run(tab, action)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// hear notes what a quiet page does not do, and what it asks for.
func (tab *browserTab) hear(event any) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	trouble := func(what string, about any) {
		text, _ := json.Marshal(about)
		tab.trouble = append(tab.trouble, what+" "+string(text))
	}
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(e.Request.URL, "data:") {
			tab.requests = append(tab.requests, e.Request.Method+" "+e.Request.URL)
			tab.again <- struct{}{}
		}
	case *network.EventWebSocketCreated:
		tab.requests = append(tab.requests, "WebSocket "+e.URL)
	case *runtime.EventConsoleAPICalled:
		trouble("console", e.Args)
	case *runtime.EventExceptionThrown:
		trouble("exception", e.ExceptionDetails)
	case *log.EventEntryAdded:
		trouble("log", e.Entry)
	case *audits.EventIssueAdded:
		trouble("issue", e.Issue)
	case *page.EventJavascriptDialogOpening:
		trouble("dialog", e)
		go chromedp.Call(tab, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{})
	}
}

func (tab *browserTab) heard() (requests, trouble []string) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return slices.Clone(tab.requests), slices.Clone(tab.trouble)
}

// A look is what a page is like on a screen.
type look struct {
	Title string   `json:"title"`
	Wide  []string `json:"wide"` // elements beyond the right edge, and the page if it scrolls sideways
	Pale  []string `json:"pale"` // texts with a contrast below 4.5 (WCAG 2.2, 1.4.3)
	Texts int      `json:"texts"`
	Least float64  `json:"least"` // contrast
	Cut   []string `json:"cut"`   // texts that overlap their cell
}

// lookScript measures every text that can be seen, against the nearest background that is not transparent.
const lookScript = `(() => {
	const parse = c => { const m = c.match(/[\d.]+/g).map(Number); return {rgb: m.slice(0, 3), a: m.length > 3 ? m[3] : 1} }
	const light = rgb => { const [r, g, b] = rgb.map(v => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4 }); return 0.2126*r + 0.7152*g + 0.0722*b }
	const behind = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.a === 1) return c.rgb } return matchMedia('(prefers-color-scheme: dark)').matches ? [18,18,18] : [255,255,255] }
	const look = {title: document.title, wide: [], pale: [], cut: [], texts: 0, least: 99}
	const width = document.documentElement.clientWidth
	if (document.documentElement.scrollWidth > width) look.wide.push('the page: ' + document.documentElement.scrollWidth)
	for (const e of document.body.querySelectorAll('*')) {
		if (e.closest('.unseen, thead')) continue // hidden, but for screen readers
		const r = e.getBoundingClientRect()
		if (r.width && r.right > width + 0.5 || r.left < -0.5) look.wide.push(e.outerHTML.slice(0, 100))
		if (e.matches('td, th, dd, pre, p, li') && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline') look.cut.push(e.outerHTML.slice(0, 100))
	}
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
	for (let n; n = walk.nextNode();) {
		const e = n.parentElement, s = getComputedStyle(e)
		if (!n.data.trim() || e.closest('title, .unseen')) continue
		const a = light(parse(e instanceof SVGElement ? s.fill : s.color).rgb), b = light(behind(e))
		const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
		look.texts++
		look.least = Math.min(look.least, ratio)
		if (ratio < 4.5) look.pale.push(ratio.toFixed(2) + ' ' + n.data.trim().slice(0, 60))
	}
	return look
})()`

// show opens a page as a screen would, looks at it, and takes its picture.
func (tab *browserTab) show(t *testing.T, url, scheme string, width int64, picture string) (l look) {
	t.Helper()
	send(t, tab, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 800, DeviceScaleFactor: 1, Mobile: width < 700})
	send(t, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	run(t, tab, chromedp.Navigate(url))
	l = run(t, tab, chromedp.Evaluate[look](lookScript))
	if picture == "" {
		return l
	}
	if err := os.WriteFile(filepath.Join(screenshots, picture), run(t, tab, chromedp.FullScreenshot(100)), 0o644); err != nil {
		t.Fatal(err)
	}
	return l
}
