// Package systemd checks the unit with systemd's own tools, if they are installed, and runs what the unit starts as a
// process, which needs no systemd.
package systemd

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"wshealthz/internal/testbed"
)

func TestMain(m *testing.M) { testbed.Main(m) }

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// assignments returns the NAME=value lines of a unit or an environment file. Comments and section headers are skipped.
// A name that is there twice, a quote or a continued line fails the test.
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

// TestUnit checks that wshealthz keeps running when the server stops, that systemd does not restart it with a wrong
// configuration, and that it has the fewest permissions.
func TestUnit(t *testing.T) {
	unit := assignments(t, "wshealthz.service")
	for name, want := range map[string]string{
		"Wants": "network-online.target", "After": "network-online.target",
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
			t.Errorf("%s=%s would stop or start wshealthz and the server together", name, got)
		}
	}
}

// analyze runs systemd-analyze. It skips the test if that is not installed or too old.
func analyze(t *testing.T, args ...string) (output string, err error) {
	t.Helper()
	const minVersion = 250 // the first with --recursive-errors and --offline
	path, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("SKIPPED: systemd-analyze is not installed (package systemd)")
	}
	text, err := exec.Command(path, "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	var version int
	if fmt.Sscanf(string(text), "systemd %d", &version); version < minVersion {
		t.Skipf("SKIPPED: systemd-analyze is version %d, want %d or later", version, minVersion)
	}
	out, err := exec.Command(path, args...).CombinedOutput()
	return string(out), err
}

// TestSystemdAnalyze checks that systemd-analyze verify knows each directive and value of the unit and reports nothing,
// and that systemd-analyze security rates its exposure at 2.0 or less. ExecStart must exist, so a copy of the unit names
// the program that the test has built.
func TestSystemdAnalyze(t *testing.T) {
	unit := strings.Replace(read(t, "wshealthz.service"), "=/usr/local/bin/wshealthz\n", "="+testbed.Build(t, "wshealthz")+"\n", 1)
	write := func(text string) string {
		path := filepath.Join(t.TempDir(), "wshealthz.service")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	verify := []string{"verify", "--man=no", "--recursive-errors=no"}
	if out, err := analyze(t, append(verify, write(unit))...); err != nil || out != "" {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	if out, err := analyze(t, append(verify, write(strings.Replace(unit, "ProtectSystem=", "ProtektSystem=", 1)))...); err == nil && out == "" {
		t.Error("systemd-analyze verify says nothing about a directive that does not exist")
	}
	if out, err := analyze(t, "security", "--no-pager", "--offline=true", "--threshold=20", write(unit)); err != nil {
		t.Errorf("systemd-analyze security: %v, want an exposure of 2.0 or less\n%s", err, out)
	}
}

// TestDropIn checks that systemd-analyze verify knows all that drain.conf adds to a server's unit, and finds no cycle in the order
// of the two.
func TestDropIn(t *testing.T) {
	executable, dir := testbed.Build(t, "wshealthz"), t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "chat.service.d"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"wshealthz.service":         read(t, "wshealthz.service"),
		"chat.service":              "[Unit]\nWants=wshealthz.service\n[Service]\nExecStart=" + executable + "\n",
		"chat.service.d/drain.conf": read(t, "drain.conf"),
	} {
		text = strings.ReplaceAll(text, "/usr/local/bin/wshealthz", executable)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	chat := filepath.Join(dir, "chat.service")
	if out, err := analyze(t, "verify", "--man=no", "--recursive-errors=yes", chat, filepath.Join(dir, "wshealthz.service")); err != nil || strings.Contains(out, dir) || strings.Contains(out, "cycle") {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
}

// TestStopOfTheServer runs what drain.conf runs when the server stops, and after it has started again.
func TestStopOfTheServer(t *testing.T) {
	_, address := testbed.StartChat(t)
	service := testbed.StartExample(t, assignments(t, "wshealthz.env"), address)
	service.Expect(t, "the server runs", 200, "ok")
	run := func(directive string) {
		command := strings.Fields(strings.TrimPrefix(assignments(t, "drain.conf")[directive], "-"))
		if len(command) < 2 || command[0] != strings.Fields(assignments(t, "wshealthz.service")["ExecStart"])[0] {
			t.Fatalf("%s runs %q, want a command of wshealthz", directive, command)
		}
		p := testbed.Start(t, testbed.Build(t, "wshealthz"), []string{"WSHEALTHZ_ADMIN_LISTEN=" + service.Admin}, command[1:]...)
		if code := p.Wait(t); code != 0 {
			t.Fatalf("%s: exit %d", directive, code)
		}
	}
	run("ExecStop")
	service.Expect(t, "the server stops", 503, "draining: ")
	run("ExecStartPost")
	service.Expect(t, "the server has started again", 200, "ok")
}

// TestVariables checks that each variable that is named exists, those in comments too.
func TestVariables(t *testing.T) {
	known := testbed.Variables(t)
	for name := range assignments(t, "wshealthz.env") {
		if !known[name] {
			t.Errorf("wshealthz.env sets %s, but wshealthz help does not list it", name)
		}
	}
	texts := read(t, "wshealthz.env") + read(t, "wshealthz.service") + read(t, "drain.conf") + read(t, "README.md")
	named := regexp.MustCompile(`WSHEALTHZ_[A-Z_]+`).FindAllString(texts, -1)
	if len(named) == 0 {
		t.Error("no variable is named, or the pattern is wrong")
	}
	for _, name := range named {
		if !known[name] {
			t.Errorf("%s is named, but wshealthz help does not list it", name)
		}
	}
}

// TestLifeOfTheServer runs what ExecStart names, with the environment file: wshealthz starts first, then the server
// starts, is stopped, continues, and is killed.
func TestLifeOfTheServer(t *testing.T) {
	command := strings.Fields(assignments(t, "wshealthz.service")["ExecStart"])
	address := testbed.Reserve(t)
	service := testbed.StartExample(t, assignments(t, "wshealthz.env"), address, command[1:]...)
	service.Expect(t, "the server has not started", 503, "dial: refused: ")
	chat := testbed.StartChatOn(t, address)
	service.Expect(t, "the server runs", 200, "ok")
	chat.Signal(t, syscall.SIGSTOP)
	service.Expect(t, "the server is stopped", 503, "upgrade: upgrade_timeout: ")
	chat.Signal(t, syscall.SIGCONT)
	service.Expect(t, "the server continues", 200, "ok")
	chat.Kill()
	service.Expect(t, "the server is killed", 503, "dial: refused: ")
	if code := service.Stop(); code != 0 {
		t.Errorf("exit %d after SIGTERM, want 0: systemd would start it again", code)
	}
}

// TestMisconfigured checks that the exit code for a wrong configuration is the one that RestartPreventExitStatus names.
func TestMisconfigured(t *testing.T) {
	p := testbed.Start(t, testbed.Build(t, "wshealthz"), []string{"WSHEALTHZ_TARGET=http://localhost/"})
	if want := assignments(t, "wshealthz.service")["RestartPreventExitStatus"]; strconv.Itoa(p.Wait(t)) != want {
		t.Errorf("exit %d, want %s", p.ExitCode(), want)
	}
}
