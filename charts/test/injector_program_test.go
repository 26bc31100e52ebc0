package charts

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// misconfigured reports whether the program refuses an environment.
func misconfigured(t *testing.T, program string, env map[string]string) bool {
	t.Helper()
	cmd := exec.Command(program, "check")
	cmd.Env = []string{}
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+strings.ReplaceAll(value, "$$", "$")) // as the kubelet does
	}
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return exit != nil && exit.ExitCode() == 64
}

// TestInjectorAgreesWithProgram checks that the program takes the environment of each pod that is injected, and refuses what the
// others ask for. Left out are Secrets, which would be files here, other hosts, which would be connected to, and what only the
// program has a meaning for: port 0, and an empty value, which is its default and not the chart's.
func TestInjectorAgreesWithProgram(t *testing.T) {
	program := filepath.Join(t.TempDir(), "wshealthz")
	if out, err := exec.Command("go", "-C", "../..", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var all []map[string]string
	for url := range injectedTargets {
		all = append(all, map[string]string{"target": url})
	}
	for _, c := range injectedSettings {
		all = append(all, settingsIn(t, c.annotations))
	}
	for _, port := range []string{"10201", "65536", "http"} {
		all = append(all, map[string]string{"port": port})
	}
	asked, refused := 0, 0
	for _, annotations := range all {
		env := map[string]string{"WSHEALTHZ_TARGET": "ws://localhost:8888/"}
		over := "metadata: {annotations: {"
		for name, value := range annotations {
			over += fmt.Sprintf("wshealthz/%s: %q, ", name, value)
			switch variable := "WSHEALTHZ_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_")); name {
			case "check", "timeout":
				if env[variable] = value; value == "" {
					env = nil
				}
			case "port":
				env["WSHEALTHZ_LISTEN"] = ":" + value
			case "drain", "headers-secret", "tls-ca-secret":
				env = nil
			default:
				env[variable] = value
			}
			if env == nil {
				break
			}
		}
		if env == nil || regexp.MustCompile(`//(.*\.(com|example)|\[fe80|10\.|notlocal)`).MatchString(env["WSHEALTHZ_TARGET"]) {
			continue
		}
		asked++
		pod, warning := newInjector(t, "{}").created(t, merged(t, onePort, over+"}}"))
		if sidecar := sidecarOfPod(pod); sidecar != nil {
			if misconfigured(t, program, environmentOf(*sidecar)) {
				t.Errorf("%v\nis injected, and the program refuses %v", annotations, environmentOf(*sidecar))
			}
			continue
		}
		refused++
		if !misconfigured(t, program, env) {
			t.Errorf("%v\nis left alone (%s), and the program takes %v", annotations, warning, env)
		}
	}
	if asked < 60 || refused < 30 {
		t.Errorf("%d environments of which %d are refused, want 60 and 30 at least", asked, refused)
	}
}

// TestInjectorKnowsChecks checks that the chart's list of checks is the program's.
func TestInjectorKnowsChecks(t *testing.T) {
	text, err := os.ReadFile("../../internal/config/environment.go")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`how deep to check: handshake, ping, or a protocol: ([^"]+)"`).FindSubmatch(text)
	if found == nil {
		t.Fatal("environment.go does not list the protocols")
	}
	protocols := strings.Split(string(found[1]), ", ")
	chart := regexp.MustCompile(`\$checks := list (.*) -}}`).FindStringSubmatch(read(t, "../wshealthz-injector/templates/_values.tpl"))
	if chart == nil || !slices.Equal(strings.Fields(strings.ReplaceAll(chart[1], `"`, "")), protocols) {
		t.Errorf("the chart has %q, the program %q", chart, protocols)
	}
}
