package testbed

import (
	"maps"
	"net"
	"net/url"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// Variables returns the names of all environment variables, as wshealthz help prints them.
func Variables(t testing.TB) map[string]bool {
	t.Helper()
	help, err := exec.CommandContext(t.Context(), Build(t, "wshealthz"), "help").Output()
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, row := range regexp.MustCompile(`(?m)^  (WSHEALTHZ_[A-Z_]+) `).FindAllSubmatch(help, -1) {
		names[string(row[1])] = true
	}
	return names
}

// An Example is a running wshealthz with the environment that an example gives it, moved to loopback.
type Example struct {
	*Wshealthz
	URL string // of the health path
}

// StartExample starts wshealthz with an example's environment and arguments. Two things in it change: the target's host
// and port, for which the address of a server stands in, and the addresses of the two listeners.
func StartExample(t testing.TB, environment map[string]string, server string, args ...string) *Example {
	t.Helper()
	target, err := url.Parse(environment["WSHEALTHZ_TARGET"])
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(server)
	target.Host = net.JoinHostPort("localhost", port)
	environment = maps.Clone(environment)
	environment["WSHEALTHZ_TARGET"] = target.String()
	delete(environment, "WSHEALTHZ_LISTEN")
	delete(environment, "WSHEALTHZ_ADMIN_LISTEN")
	var env []string
	for name, value := range environment {
		env = append(env, name+"="+value)
	}
	path := "/health"
	if set := environment["WSHEALTHZ_PATH"]; set != "" {
		path = set
	}
	w := StartWshealthz(t, env, args...)
	return &Example{w, "http://" + w.Health + path}
}

// Expect asks for the verdict until the answer has this status, since a verdict is given again for a second, and fails
// the test when the body does not begin with prefix. when says what the server is doing.
func (e *Example) Expect(t testing.TB, when string, status int, prefix string) {
	t.Helper()
	var body string
	Until(t, when+": the verdict changes", func() bool {
		got, text := Get(t, e.URL)
		body = strings.TrimSpace(text)
		return got == status
	})
	if !strings.HasPrefix(body, prefix) {
		t.Fatalf("%s: %d %q, want it to begin with %q", when, status, body, prefix)
	}
	t.Logf("%s: %d %s", when, status, body)
}
