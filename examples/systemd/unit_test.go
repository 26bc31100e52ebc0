// Package systemd checks the unit with systemd's own tools where they are, and runs what it starts as a process.
package systemd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"wshealthz/examples/internal/beside"
)

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// assignments are the NAME=value lines of a unit or an environment file, each name once, without quotes or
// continued lines. Lines that begin with # are comments, and the section headers of a unit are passed over.
func assignments(t *testing.T, name string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for i, line := range strings.Split(read(t, name), "\n") {
		if line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "[") {
			continue
		}
		key, value, assigns := strings.Cut(line, "=")
		_, twice := found[key]
		if !assigns || twice || strings.ContainsAny(line, `"'\`) {
			t.Fatalf("%s:%d: %s, want NAME=value, once and unquoted", name, i+1, line)
		}
		found[key] = value
	}
	return found
}

var builds string // the folder of both programs

// programs are built once for all tests.
var programs = sync.OnceValues(func() (beside.Programs, error) { return beside.Build(context.Background(), builds) })

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "wshealthz-systemd-")
	if err != nil {
		panic(err)
	}
	builds = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

func build(t *testing.T) beside.Programs {
	t.Helper()
	built, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	return built
}

// TestUnit: wshealthz outlives the server, a wrong configuration is not tried again, and it may do next to nothing.
func TestUnit(t *testing.T) {
	unit := assignments(t, "wshealthz.service")
	for name, want := range map[string]string{
		"Wants": "network-online.target", "After": "chat.service network-online.target",
		"ExecStart": "/usr/local/bin/wshealthz", "EnvironmentFile": "/etc/wshealthz.env", "KillSignal": "SIGTERM",
		"Restart": "on-failure", "RestartPreventExitStatus": "64",
		"DynamicUser": "yes", "NoNewPrivileges": "yes", "ProtectSystem": "strict", "PrivateTmp": "yes", "MemoryMax": "64M",
		"RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX", "SystemCallFilter": "@system-service", "CapabilityBoundingSet": "",
	} {
		if got, found := unit[name]; !found || got != want {
			t.Errorf("%s=%s, want %s", name, got, want)
		}
	}
	for _, name := range []string{"Requires", "Requisite", "BindsTo", "PartOf", "Upholds", "PropagatesStopTo", "StopPropagatedFrom"} {
		if got, found := unit[name]; found {
			t.Errorf("%s=%s ties wshealthz and the server together", name, got)
		}
	}
}

// analyze runs systemd-analyze, and skips the test where there is none that can do what is asked.
func analyze(t *testing.T, args ...string) (output string, err error) {
	t.Helper()
	const least = 250 // knows --recursive-errors and --offline
	path, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("NOT VERIFIED: systemd-analyze is not on this machine (package systemd)")
	}
	text, err := exec.Command(path, "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	var version int
	if fmt.Sscanf(string(text), "systemd %d", &version); version < least {
		t.Skipf("NOT VERIFIED: systemd-analyze is version %d, want %d or later", version, least)
	}
	out, err := exec.Command(path, args...).CombinedOutput()
	return string(out), err
}

// TestVerified: systemd knows each directive and value of the unit and has nothing to say about it, and is content
// with how little it exposes. ExecStart must be there, so a copy of the unit starts the program just built.
func TestVerified(t *testing.T) {
	unit := strings.Replace(read(t, "wshealthz.service"), "=/usr/local/bin/wshealthz\n", "="+build(t).Adapter+"\n", 1)
	place := func(text string) string {
		path := filepath.Join(t.TempDir(), "wshealthz.service")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	verify := []string{"verify", "--man=no", "--recursive-errors=no"}
	if out, err := analyze(t, append(verify, place(unit))...); err != nil || out != "" {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	if out, err := analyze(t, append(verify, place(strings.Replace(unit, "ProtectSystem=", "ProtektSystem=", 1)))...); err == nil && out == "" {
		t.Error("systemd-analyze verify says nothing about a directive that does not exist")
	}
	if out, err := analyze(t, "security", "--no-pager", "--offline=true", "--threshold=20", place(unit)); err != nil {
		t.Errorf("systemd-analyze security: %v, want an exposure of 2.0 or less\n%s", err, out)
	}
}

// TestVariables: every one that is named is known, those in comments too.
func TestVariables(t *testing.T) {
	known, err := build(t).Variables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name := range assignments(t, "wshealthz.env") {
		if !known[name] {
			t.Errorf("wshealthz.env sets %s, which is no variable", name)
		}
	}
	texts := read(t, "wshealthz.env") + read(t, "wshealthz.service") + read(t, "README.md")
	for _, name := range regexp.MustCompile(`WSHEALTHZ_[A-Z_]+`).FindAllString(texts, -1) {
		if !known[name] {
			t.Errorf("%s is named and is no variable", name)
		}
	}
}

// TestBeside runs what ExecStart names, with the environment file on free ports, through the life of the server: not
// there yet, up, stopped, going on, and gone.
func TestBeside(t *testing.T) {
	ctx := t.Context()
	command := strings.Fields(assignments(t, "wshealthz.service")["ExecStart"])
	pair, err := build(t).Pair(assignments(t, "wshealthz.env"), t.Output())
	if err != nil {
		t.Fatal(err)
	}
	server, self := pair.Server, pair.Adapter
	self.Args = command[1:]
	if err := self.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { self.End(os.Kill) })
	start := func() error {
		if err := server.Start(ctx); err != nil {
			return err
		}
		t.Cleanup(func() { server.End(os.Kill) })
		return nil
	}
	for _, step := range []struct {
		what   string
		do     func() error
		status int
		starts string
	}{
		{"not there yet", func() error { return nil }, 503, "dial: refused: "},
		{"up", start, 200, "ok"},
		{"stopped", func() error { return server.Signal(syscall.SIGSTOP) }, 503, "upgrade: upgrade_timeout: "},
		{"going on", func() error { return server.Signal(syscall.SIGCONT) }, 200, "ok"},
		{"gone", func() error { server.End(os.Kill); return nil }, 503, "dial: refused: "},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		body, err := beside.Get(ctx, pair.Health, step.status)
		if err != nil || !strings.HasPrefix(body, step.starts) {
			t.Fatalf("%s: %d %q, %v, want %s", step.what, step.status, body, err, step.starts)
		}
		t.Logf("%s: %d %s", step.what, step.status, body)
	}
	if code := self.End(syscall.SIGTERM); code != 0 {
		t.Errorf("exit %d after SIGTERM, want 0: systemd would start it again", code)
	}
}

// TestMisconfigured: the exit code is the one that RestartPreventExitStatus names.
func TestMisconfigured(t *testing.T) {
	wrong := exec.Command(build(t).Adapter)
	wrong.Env = []string{"WSHEALTHZ_TARGET=http://localhost/"}
	var exit *exec.ExitError
	err := wrong.Run()
	if want := assignments(t, "wshealthz.service")["RestartPreventExitStatus"]; !errors.As(err, &exit) || strconv.Itoa(exit.ExitCode()) != want {
		t.Errorf("%v, want exit %s", err, want)
	}
}
