package main

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"unicode"

	"github.com/coder/websocket"

	"wshealthz/internal/command"
)

var (
	docCode     = regexp.MustCompile("(?ms)^ *```.*?^ *```$")
	docSpan     = regexp.MustCompile("`[^`\n]*`")
	docLink     = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	docHeading  = regexp.MustCompile(`(?m)^#+ (.+)$`)
	docAbsolute = regexp.MustCompile(`^[a-z]+:`)
	docCheck    = regexp.MustCompile("(?ms)^```\n\\$ wshealthz (check -v \\S+)\n(.*?)^```$")
	docTime     = regexp.MustCompile(` +\d+\.\d\d ms`)
)

// docAnchors returns the anchors of the headings, as GitHub makes them: in lower case, without punctuation, with hyphens for
// spaces.
func docAnchors(text string) map[string]bool {
	found := map[string]bool{}
	for _, h := range docHeading.FindAllStringSubmatch(docCode.ReplaceAllString(text, ""), -1) {
		found[strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-', r == '_', unicode.IsLetter(r), unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, h[1])] = true
	}
	return found
}

// TestDocLinks: every relative link leads to a file, and every anchor to a heading.
func TestDocLinks(t *testing.T) {
	charts, err := filepath.Glob("charts/*/README.md")
	if err != nil {
		t.Fatal(err)
	}
	links := 0
	for _, file := range append(docFiles(t), append(charts, "charts/README.md")...) {
		text := docSpan.ReplaceAllString(docCode.ReplaceAllString(readDoc(t, file), ""), "")
		for _, l := range docLink.FindAllStringSubmatch(text, -1) {
			path, anchor, hasAnchor := strings.Cut(l[1], "#")
			if docAbsolute.MatchString(path) {
				continue
			}
			links++
			target := filepath.Join(filepath.Dir(file), filepath.FromSlash(path))
			if path == "" {
				target = file
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s: %v", file, l[1], err)
			} else if hasAnchor && !docAnchors(readDoc(t, target))[anchor] {
				t.Errorf("%s links to %s, and there is no such heading", file, l[1])
			}
		}
	}
	if links < 50 {
		t.Errorf("%d relative links, are they still found?", links)
	}
}

// dialect is what no native maintainer would write. CONTRIBUTING has the words to use instead.
var dialect = regexp.MustCompile(`(?i)\bis no variable\b|\btold of\b|\bsays? whether\b|\bmend(s|ed|ing)?\b|\bnobody's\b|\bbeside\b|\bwhoever\b|\basker\b|\bis set and no\b`)

// TestDocWords keeps words out that a stranger would stumble over.
func TestDocWords(t *testing.T) {
	for _, file := range docFiles(t) {
		if file == "CONTRIBUTING.md" {
			continue // it lists them
		}
		for i, line := range strings.Split(readDoc(t, file), "\n") {
			if found := dialect.FindString(line); found != "" {
				t.Errorf("%s:%d: %q in %s", file, i+1, found, line)
			}
		}
	}
}

// serveSamples serves WebSockets at /ws and nothing else, on all addresses, and returns the port.
func serveSamples(t *testing.T) (port string) {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") == "" {
			http.Error(w, http.StatusText(http.StatusBadRequest), http.StatusBadRequest)
			return
		}
		if conn, err := websocket.Accept(w, r, nil); err == nil {
			conn.Read(r.Context()) // ends with the client's Close
		}
	})
	listener, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: mux}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	return fmt.Sprint(listener.Addr().(*net.TCPAddr).Port)
}

// sampleExpression returns what a sample says as a regular expression: "..." is anything, on a line of its own any lines, and
// times differ.
func sampleExpression(sample string) *regexp.Regexp {
	expression := "^"
	for line := range strings.Lines(docTime.ReplaceAllString(sample, " TIME")) {
		if strings.TrimSpace(line) == "..." {
			expression += `(?:.*\n)*?`
			continue
		}
		expression += strings.ReplaceAll(regexp.QuoteMeta(line), `\.\.\.`, `.*`)
	}
	return regexp.MustCompile(expression)
}

// TestDocSamples: check -v prints what the documents show.
func TestDocSamples(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("on which addresses a server listens is known on Linux only")
	}
	t.Setenv("WSHEALTHZ_TIMEOUT", "30s")
	port := serveSamples(t)
	for _, file := range []string{"README.md", "docs/checks.md"} {
		samples := docCheck.FindAllStringSubmatch(readDoc(t, file), -1)
		if len(samples) == 0 {
			t.Errorf("%s has no sample of check -v", file)
		}
		for _, sample := range samples {
			args, want := strings.Fields(strings.ReplaceAll(sample[1], "8888", port)), strings.ReplaceAll(sample[2], "8888", port)
			var stdout, stderr bytes.Buffer
			command.Run(t.Context(), command.Build{Version: "dev"}, args, os.Environ(), &stdout, &stderr)
			got := docTime.ReplaceAllString(stdout.String(), " TIME")
			if !sampleExpression(want).MatchString(got) {
				t.Errorf("%s: %s prints\n%s%s\nwhich does not match\n%s", file, sample[1], got, stderr.String(), want)
			}
		}
	}
}
