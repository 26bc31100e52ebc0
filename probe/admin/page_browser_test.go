//go:build browser

package admin

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"wshealthz/internal/testbed"
)

// serveScene starts the real admin listener on loopback.
func serveScene(t *testing.T, s scene) (url string) {
	t.Helper()
	server, err := Listen(stage(t, s))
	if err != nil {
		t.Fatal(err)
	}
	testbed.Run(t, server)
	return "http://" + server.Addr().String() + "/"
}

// TestBrowserPages: in a real browser, on a phone and on a desk, by day and by night, each page is quiet, fits and can be
// read, whatever strangers have put into it.
func TestBrowserPages(t *testing.T) {
	if err := os.MkdirAll(screenshots, 0o755); err != nil {
		t.Fatal(err)
	}
	browser := openBrowser(t)
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			url := serveScene(t, s)
			for scheme, widths := range map[string][]int64{"light": {360, 720, 1280}, "dark": {360, 1280}} {
				for _, width := range widths {
					name := fmt.Sprintf("%s-%s-%d.png", s.name, scheme, width)
					tab := openTab(t, browser)
					l := tab.show(t, url, scheme, width, name)
					if l.Title != s.title {
						t.Errorf("%s: the title is %q", name, l.Title)
					}
					if len(l.Wide)+len(l.Cut)+len(l.Pale) > 0 || l.Texts < 50 {
						t.Errorf("%s: too wide %q, cut %q, pale %q, %d texts", name, l.Wide, l.Cut, l.Pale, l.Texts)
					}
					if requests, trouble := tab.heard(); !slices.Equal(requests, []string{"GET " + url}) || len(trouble) > 0 {
						t.Errorf("%s: requests %q, trouble %q", name, requests, trouble)
					}
					t.Logf("%s: %d texts, contrast at least %.2f", name, l.Texts, l.Least)
				}
			}
		})
	}
}

// TestBrowserRefresh: the page comes again by itself, and a held one can be asked for.
func TestBrowserRefresh(t *testing.T) {
	tab := openTab(t, openBrowser(t))
	url := serveScene(t, scenes[0])
	tab.show(t, url, "light", 1280, "")
	for range 2 {
		select {
		case <-tab.again:
		case <-time.After(testbed.Patience):
			t.Fatal("the page does not refresh itself")
		}
	}
	run(t, tab, chromedp.Click(chromedp.CSS(`a[href="?hold"]`)))
	run(t, tab, chromedp.WaitVisible(chromedp.CSS(`a[href="?"]`)))
	if links := strings.Fields(run(t, tab, chromedp.Text(chromedp.CSS("nav")))); !slices.Equal(links, []string{"/status", "/metrics", "/livez"}) {
		t.Errorf("links %q", links)
	}
	if requests, trouble := tab.heard(); requests[len(requests)-1] != "GET "+url+"?hold" || len(trouble) > 0 {
		t.Errorf("requests %q, trouble %q", requests, trouble)
	}
}

// TestBrowserSees: that these tests see what they look for, in a page that has all of it.
func TestBrowserSees(t *testing.T) {
	bad := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", pagePolicy())
		if r.URL.Path == "/run" {
			w.Header().Del("Content-Security-Policy")
		}
		w.Header().Set("Content-Type", "text/html")
		w.Write([]byte(`<!doctype html><title>x</title><script>document.title='pwned';alert(1);console.log(2)</script><img src="/other">
			<p style="color:#777;width:2000px">pale and wide</p>`))
	}))
	defer bad.Close()
	browser := openBrowser(t)
	blocked, free := openTab(t, browser), openTab(t, browser)
	if l := blocked.show(t, bad.URL+"/", "light", 360, ""); l.Title != "x" {
		t.Errorf("under the policy a script ran: %+v", l)
	}
	if _, trouble := blocked.heard(); !strings.Contains(strings.Join(trouble, "\n"), "Content Security Policy") {
		t.Errorf("no violation is seen: %q", trouble)
	}
	l := free.show(t, bad.URL+"/run", "light", 360, "")
	if l.Title != "pwned" || len(l.Wide) == 0 || len(l.Pale) == 0 {
		t.Errorf("without a policy the look is %+v", l)
	}
	requests, trouble := free.heard()
	if all := strings.Join(trouble, "\n"); !slices.Contains(requests, "GET "+bad.URL+"/other") || !strings.Contains(all, "dialog") || !strings.Contains(all, "console") {
		t.Errorf("without a policy requests %q, trouble %q", requests, trouble)
	}
}
