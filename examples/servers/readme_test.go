//go:build servers

package servers

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestReadme checks that README.md is what the table makes. WSHEALTHZ_WRITE=1 writes it.
func TestReadme(t *testing.T) {
	want := readme(t)
	if os.Getenv("WSHEALTHZ_WRITE") != "" {
		if err := os.WriteFile("README.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	if withoutVersions(string(got)) != withoutVersions(want) {
		t.Errorf("README.md differs from the table (WSHEALTHZ_WRITE=1 writes it):\n%s", want)
	}
}

var headingWithVersion = regexp.MustCompile(`(?m)^(### .*), .*$`)

// withoutVersions removes the versions, which differ from machine to machine.
func withoutVersions(text string) string { return headingWithVersion.ReplaceAllString(text, "$1") }

const intro = `# Real servers

The settings for each of these servers, tested by the tests in this folder: healthy while the server runs, the right
reason when it is stopped (SIGSTOP), killed, or one setting is wrong, and no error in its log after 100 checks.

    npm ci --prefix examples/servers && go test -tags servers ./examples/servers

SignalR and Phoenix are missing: Debian, npm and the Go modules have no server of theirs. A scripted server in
upgrade/protocol_test.go sends the frames of their specifications. The target of Phoenix ends with
/websocket?vsn=2.0.0: without vsn each probe crashes a process of the server.

guacamole-lite 1.2.0 (npm) is missing because it needs guacd. A handshake without its token ends its process, so the token
belongs in the target: WSHEALTHZ_TARGET='ws://localhost:8080/?token=...'.

What follows the reason of a wrong setting is the hint that wshealthz gives.
`

// footer begins the list of answers that no server of the table gives.
const footer = `
## Other answers

Debian and npm do not have these servers, so the test plays what their sources or reports show. Only coder/websocket and
net/http run in it themselves. The hint for each:

`

// readme returns the text that README.md must have.
func readme(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(intro)
	for _, s := range all() {
		fmt.Fprintf(&b, "\n### %s, %s\n\n```sh\n", s.name, version(t, s))
		for _, variable := range s.env {
			name, value, _ := strings.Cut(strings.NewReplacer("{port}", "8080", "{port3}", "8080", "{dir}", "/tls").Replace(variable), "=")
			if strings.ContainsAny(value, ` "&{?`) {
				value = "'" + value + "'"
			}
			fmt.Fprintf(&b, "WSHEALTHZ_%s=%s\n", name, value)
		}
		b.WriteString("```\n")
		var items []string
		for _, w := range s.wrong {
			hint := ""
			if w.hint != "" {
				hint = ", " + w.hint
			}
			items = append(items, fmt.Sprintf("- %s: `%s`%s\n", w.what, w.reason, hint))
		}
		if s.note != "" {
			items = append(items, "- "+s.note+"\n")
		}
		if s.logs != "" {
			items = append(items, "- its log: "+s.logs+"\n")
		}
		if len(items) > 0 {
			b.WriteString("\n" + strings.Join(items, ""))
		}
	}
	b.WriteString(footer)
	for _, a := range answers {
		fmt.Fprintf(&b, "- %s: %s, %s\n", a.what, a.want, a.hint)
	}
	return b.String()
}

// version returns the version of the server that is installed, and where it is from.
func version(t *testing.T, s server) string {
	t.Helper()
	if s.npm == "" {
		out, _ := exec.Command("dpkg-query", "-W", "-f", "${Version}", s.debian).Output()
		return "Debian " + s.debian + " " + string(out)
	}
	text, err := os.ReadFile("package.json")
	if err != nil {
		t.Fatal(err)
	}
	var pkg struct{ Dependencies map[string]string }
	if err := json.Unmarshal(text, &pkg); err != nil {
		t.Fatal(err)
	}
	version := pkg.Dependencies[s.npm]
	if alias, found := strings.CutPrefix(version, "npm:"); found { // another name for a second version of a package
		return "npm " + strings.Replace(alias, "@", " ", 1)
	}
	return "npm " + s.npm + " " + version
}
