package testbed

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"wshealthz/internal/testbed/program"
)

// built holds the executables of this test binary, which has no other place that outlives a test.
var built struct {
	sync.Mutex
	dir   string // "" unless Main runs
	paths map[string]string
}

// Main runs the tests, removes what Build built, and exits. It is the body of TestMain.
func Main(m *testing.M) {
	dir, err := os.MkdirTemp("", "wshealthz-test-")
	if err != nil {
		panic(err)
	}
	built.dir, built.paths = dir, map[string]string{}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// Build builds a main package, such as "wshealthz", once per test binary and returns the path of the executable.
func Build(t testing.TB, pkg string) string {
	t.Helper()
	built.Lock()
	defer built.Unlock()
	if built.dir == "" {
		t.Fatal("testbed.Build needs func TestMain(m *testing.M) { testbed.Main(m) }")
	}
	if path, done := built.paths[pkg]; done {
		return path
	}
	path, err := program.Build(t.Context(), built.dir, pkg)
	if err != nil {
		t.Fatal(err)
	}
	readSources(t, pkg)
	built.paths[pkg] = path
	return path
}

// readSources lists the directories of this module from which pkg is built, because go test takes a result from its
// cache as long as the files that the test itself looked at are the same.
func readSources(t testing.TB, pkg string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{if .Main}}{{$.Dir}}{{end}}{{end}}", pkg).Output()
	if err != nil {
		t.Fatalf("go list %s: %v", pkg, err)
	}
	for _, dir := range strings.Fields(string(out)) {
		if _, err := os.ReadDir(dir); err != nil {
			t.Fatal(err)
		}
	}
}

// A Process is a program that runs until the test ends.
type Process struct{ *program.Process }

// Start starts an executable. env is its whole environment; where a name is there twice, the last one counts. What it
// wrote to standard error is logged when the test fails.
func Start(t testing.TB, executable string, env []string, args ...string) *Process {
	t.Helper()
	p, err := program.Start(executable, env, nil, args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if p.Kill(); t.Failed() {
			t.Logf("%s wrote to standard error:\n%s", filepath.Base(executable), strings.Join(p.Lines(), "\n"))
		}
	})
	return &Process{p}
}

// Signal sends a signal, such as syscall.SIGSTOP.
func (p *Process) Signal(t testing.TB, signal os.Signal) {
	t.Helper()
	if err := p.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
}

// Wait waits until the process has exited, at most Patience, and returns its exit code: -1 when a signal ended it.
func (p *Process) Wait(t testing.TB) int {
	t.Helper()
	select {
	case <-p.Exited():
		return p.ExitCode()
	case <-time.After(Patience):
		t.Fatalf("the process did not exit within %v", Patience)
		return -1
	}
}
