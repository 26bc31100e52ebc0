package admin

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
	"golang.org/x/net/html"

	"wshealthz/upgrade"
)

// TestPageReasons: every reason has its page, with its words.
func TestPageReasons(t *testing.T) {
	for _, reason := range upgrade.Reasons() {
		if reason == upgrade.Canceled {
			continue // is never recorded
		}
		body := pageOf(t, scene{set: func(s *staged) {
			if reason == upgrade.Draining {
				s.Draining, s.Drain = func() bool { return true }, &recordedDrain{begun: true}
				return
			}
			s.probes(1, func(int) upgrade.Verdict { return failed(reason, "what came of it", "received") })
		}}).Body.String()
		want := []string{"<title>wshealthz: unhealthy, " + reason.String() + "</title>", "what came of it", "503 Service Unavailable", "1 " + reason.String()}
		switch reason {
		case upgrade.OK:
			want = []string{"<title>wshealthz: healthy</title>", "200 OK", "1 ok"}
		case upgrade.Draining:
			want = []string{"<title>wshealthz: draining</title>", "503 Service Unavailable", " ago, by wshealthz drain", "waits for the gateway (10.225.0.5 had 1 of 2 times 503)"}
		}
		for _, text := range append(want, reason.Hint()) {
			if !strings.Contains(html.UnescapeString(body), text) {
				t.Errorf("%s: the page does not say %q", reason, text)
			}
		}
	}
}

// TestPageScenes: the title, and that no page depends on anything but itself, or is large.
func TestPageScenes(t *testing.T) {
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			answer := pageOf(t, s)
			body := answer.Body.String()
			if !strings.Contains(body, "<title>"+s.title+"</title>") {
				t.Errorf("the title is not %q", s.title)
			}
			if len(body) > 200<<10 {
				t.Errorf("the page has %d bytes", len(body))
			}
			header := answer.Header()
			if header.Get("Content-Type") != "text/html; charset=utf-8" || header.Get("Referrer-Policy") != "no-referrer" || header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("header %v", header)
			}
			isSelfContained(t, body)
			isPolicy(t, header.Get("Content-Security-Policy"), body)
		})
	}
}

// isSelfContained holds a page's elements and attributes against what there may be.
func isSelfContained(t *testing.T, body string) {
	t.Helper()
	elements := strings.Fields(`html head meta title link style body header footer main nav section div h1 h2 h3 p b strong span code pre a ul li dl dt dd
		table thead tbody tr th td figure figcaption svg g path rect circle text`)
	icon := regexp.MustCompile(`^data:image/svg\+xml,%3Csvg xmlns='http://www\.w3\.org/2000/svg' [ -~]{1,200}$`)
	link := regexp.MustCompile(`^(\?|\?hold|#[a-z]+|status|metrics|livez)$`)
	for z := html.NewTokenizer(strings.NewReader(body)); ; {
		kind := z.Next()
		if kind == html.ErrorToken {
			if z.Err() != io.EOF {
				t.Error(z.Err())
			}
			return
		}
		token := z.Token()
		if kind == html.CommentToken || kind == html.StartTagToken && !strings.Contains(" "+strings.Join(elements, " ")+" ", " "+token.Data+" ") {
			t.Errorf("the page has %s", token)
		}
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		for _, a := range token.Attr {
			switch {
			case a.Key == "style" || strings.HasPrefix(a.Key, "on") || a.Key == "src" || a.Key == "srcset" || strings.Contains(a.Key, ":"),
				a.Key == "href" && token.Data == "a" && !link.MatchString(a.Val),
				a.Key == "href" && token.Data == "link" && !icon.MatchString(a.Val),
				a.Key == "href" && token.Data != "a" && token.Data != "link":
				t.Errorf("the page has %s", token)
			}
		}
	}
}

// isPolicy: nothing is allowed but the icon and the one style, by its hash.
func isPolicy(t *testing.T, policy, body string) {
	t.Helper()
	styles := regexp.MustCompile(`(?s)<style>(.*?)</style>`).FindAllStringSubmatch(body, -1)
	if len(styles) != 1 {
		t.Fatalf("%d styles", len(styles))
	}
	hash := sha256.Sum256([]byte(styles[0][1]))
	want := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	if policy != want {
		t.Errorf("policy %s\nwant   %s", policy, want)
	}
	if strings.Contains(styles[0][1], "url(") || strings.Contains(styles[0][1], "@import") {
		t.Error("the style asks for something")
	}
}

// TestPageAnnotations: what stands there to be copied is YAML for just these values, whatever the path.
func TestPageAnnotations(t *testing.T) {
	o := stage(t, scene{set: func(s *staged) { s.Gateway.Path = "/ü \"'\\\t: #{{<b>\u202e" }})
	body := view(o, "GET", "/", local).Body.String()
	text := html.UnescapeString(regexp.MustCompile(`(?s)<pre class="copy"[^>]*>(.*?)</pre>`).FindStringSubmatch(body)[1])
	var manifest struct{ Annotations map[string]string }
	if err := yaml.Unmarshal([]byte(text), &manifest); err != nil {
		t.Fatal(err)
	}
	for _, want := range newHandler(o).snapshot().Gateway.Annotations() {
		if got, found := manifest.Annotations[want.Name]; !found || got != want.Value {
			t.Errorf("%s is %q, want %q", want.Name, got, want.Value)
		}
	}
}

// TestPageHold: the page refreshes itself unless it is held; HEAD has no body.
func TestPageHold(t *testing.T) {
	o := stage(t, scenes[0])
	refresh := []byte(`http-equiv="refresh" content="10"`)
	if !bytes.Contains(view(o, "GET", "/", local).Body.Bytes(), refresh) {
		t.Error("the page does not refresh itself")
	}
	if bytes.Contains(view(o, "GET", "/?hold", local).Body.Bytes(), refresh) {
		t.Error("a held page refreshes itself")
	}
	if head := view(o, "HEAD", "/", local); head.Code != 200 || head.Body.Len() > 0 || head.Header().Get("Content-Security-Policy") == "" {
		t.Errorf("HEAD gets %d, %d bytes, %v", head.Code, head.Body.Len(), head.Header())
	}
}

// BenchmarkPage is one view with 120 probes.
func BenchmarkPage(b *testing.B) {
	o := stage(b, scenes[0])
	b.ReportAllocs()
	for b.Loop() {
		view(o, "GET", "/", local)
	}
}
