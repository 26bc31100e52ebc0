//go:build servers

// Package servers tries wshealthz against real servers that nobody here wrote, each as a process of its own:
//
//	npm ci --prefix examples/servers && go test -tags servers ./examples/servers
//
// A server that is not installed is skipped. WSHEALTHZ_SERVERS, a number, fails the test when fewer were tried.
package servers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	startBound = 45 * time.Second
	checks     = 100
)

// adapter builds wshealthz once.
var adapter = sync.OnceValues(func() (string, error) {
	path := filepath.Join(os.TempDir(), fmt.Sprintf("wshealthz-servers-%d", os.Getpid()))
	out, err := exec.Command("go", "build", "-o", path, "wshealthz").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := adapter(); err == nil {
		os.Remove(path)
	}
	os.Exit(code)
}

// errorLine is a line of a log that somebody would look at.
var errorLine = regexp.MustCompile(`(?i)\berror|exception|traceback|\bwarn|\bfatal|\[ERR|unhandled`)

func TestServers(t *testing.T) {
	tried := map[string]bool{}
	for _, s := range table {
		t.Run(s.name, func(t *testing.T) {
			if !installed(s) {
				t.Skipf("NOT TRIED: %s is not installed", s.needs)
			}
			try(t, s)
			tried[s.name] = true
		})
	}
	if least, _ := strconv.Atoi(os.Getenv("WSHEALTHZ_SERVERS")); len(tried) < least {
		t.Errorf("%d servers were tried, want at least %d", len(tried), least)
	}
	t.Logf("%d of %d real servers tried", len(tried), len(table))
}

func installed(s server) bool {
	if s.version[0] == "npm" {
		_, err := os.Stat(s.needs)
		return err == nil && has("node")
	}
	if has(s.needs) {
		return true
	}
	return exec.Command("dpkg", "-s", s.needs).Run() == nil
}

// try goes through the life of a server: up, misconfigured, stopped, up again, killed.
func try(t *testing.T, s server) {
	r := start(t, s)
	r.until(t, startBound, "ok")
	before := r.errorLines()
	for range checks {
		if code, out := r.check(t); code != 0 {
			t.Fatalf("up: exit %d: %s", code, out)
		}
	}
	time.Sleep(300 * time.Millisecond) // a log that is written late
	if lines := r.errorLines()[len(before):]; len(lines) > 0 && s.logs == "" {
		t.Errorf("%d checks made it log %d lines, the first: %s", checks, len(lines), lines[0])
	}
	for _, w := range s.wrong {
		if _, out := r.check(t, w.env...); !strings.Contains(out, w.reason+": ") {
			t.Errorf("%s: %s, want %s", w.what, out, w.reason)
		}
	}
	r.signal(syscall.SIGSTOP)
	paused := s.paused
	if paused == "" {
		paused = "upgrade_timeout"
	}
	if _, out := r.check(t, "TIMEOUT=500ms"); !strings.Contains(out, paused+": ") {
		t.Errorf("stopped: %s, want %s", out, paused)
	}
	r.signal(syscall.SIGCONT)
	r.until(t, startBound, "ok")
	r.signal(syscall.SIGKILL)
	r.until(t, startBound, "refused: ")
}

// running is a server that has been started.
type running struct {
	server
	texts *strings.Replacer
	dir   string
	cmd   *exec.Cmd
	out   *output
}

// output is what the server writes.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func start(t *testing.T, s server) *running {
	t.Helper()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	r := &running{server: s, dir: t.TempDir(), out: new(output)}
	ports := freePorts(t, 4)
	r.texts = strings.NewReplacer("{port}", ports[0], "{port2}", ports[1], "{port3}", ports[2], "{port4}", ports[3], "{dir}", r.dir, "{here}", here)
	for _, dir := range []string{r.dir, filepath.Dir(r.dir)} {
		os.Chmod(dir, 0o755) // some give up root
	}
	for name, text := range s.files {
		path := filepath.Join(r.dir, name)
		os.MkdirAll(filepath.Dir(path), 0o755)
		if err := os.WriteFile(path, []byte(r.texts.Replace(text)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, command := range s.before {
		r.run(t, command)
	}
	r.cmd = r.run(t, s.command)
	return r
}

// run starts a command in a process group of its own, which ends with the test.
func (r *running) run(t *testing.T, command []string) *exec.Cmd {
	t.Helper()
	var args []string
	for _, arg := range command {
		args = append(args, r.texts.Replace(arg))
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = r.dir, r.out, r.out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGCONT)
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		cmd.Wait()
	})
	return cmd
}

func freePorts(t *testing.T, n int) (ports []string) {
	t.Helper()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		_, port, _ := net.SplitHostPort(l.Addr().String())
		ports = append(ports, port)
	}
	return ports
}

func (r *running) signal(s syscall.Signal) { syscall.Kill(-r.cmd.Process.Pid, s) }

// check runs wshealthz check with the server's environment, changed by over, and returns its first line.
func (r *running) check(t *testing.T, over ...string) (code int, line string) {
	t.Helper()
	path, err := adapter()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "check")
	for _, variable := range append(append([]string(nil), r.env...), over...) {
		cmd.Env = append(cmd.Env, "WSHEALTHZ_"+r.texts.Replace(variable)) // the last of a name counts
	}
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	line, _, _ = strings.Cut(string(out), "\n")
	return cmd.ProcessState.ExitCode(), line
}

// until checks until the verdict contains want.
func (r *running) until(t *testing.T, bound time.Duration, want string) {
	t.Helper()
	for end := time.Now().Add(bound); ; time.Sleep(100 * time.Millisecond) {
		_, line := r.check(t, "TIMEOUT=3s")
		if line == want || strings.Contains(line, want) && want != "ok" {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s, want %s; the server says\n%s", line, want, r.out.buf.String())
		}
	}
}

// errorLines are the lines of output and log that somebody would look at.
func (r *running) errorLines() (lines []string) {
	r.out.mu.Lock()
	text := r.out.buf.String()
	r.out.mu.Unlock()
	filepath.WalkDir(filepath.Join(r.dir, "log"), func(path string, entry os.DirEntry, err error) error {
		if err == nil && r.log != "" && !entry.IsDir() {
			more, _ := os.ReadFile(path)
			text += string(more)
		}
		return nil
	})
	for line := range strings.Lines(text) {
		if errorLine.MatchString(line) && !strings.Contains(line, "INFO") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// TestReadme generates the list of servers; WSHEALTHZ_WRITE=1 writes it where it differs.
func TestReadme(t *testing.T) {
	want := list(t)
	got, _ := os.ReadFile("README.md")
	if os.Getenv("WSHEALTHZ_WRITE") != "" {
		if err := os.WriteFile("README.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if mask(string(got)) != mask(want) {
		t.Errorf("README.md is not what the table says (WSHEALTHZ_WRITE=1 writes it):\n%s", want)
	}
}

var versionCell = regexp.MustCompile(`(?m)^(### .*), .*$`)

// mask leaves versions out: another machine may have others.
func mask(text string) string { return versionCell.ReplaceAllString(text, "$1") }

func list(t *testing.T) string {
	var b strings.Builder
	b.WriteString(`# Real servers

What each of these servers needs to be told, tried by the tests of this folder: healthy while it is up, the right reason
when it is stopped (SIGSTOP), killed or misconfigured, and not one line in its log for 100 checks.

    npm ci --prefix examples/servers && go test -tags servers ./examples/servers

SignalR and Phoenix are not here: no server of theirs is to be had from Debian, npm or Go's modules. The frames of their
specifications are played by a scripted server in upgrade/protocol_test.go.
`)
	for _, s := range table {
		fmt.Fprintf(&b, "\n### %s, %s\n\n```sh\n", s.name, version(t, s))
		for _, variable := range s.env {
			name, value, _ := strings.Cut(strings.NewReplacer("{port}", "8080", "{port3}", "8080").Replace(variable), "=")
			if strings.ContainsAny(value, ` "&{`) {
				value = "'" + value + "'"
			}
			fmt.Fprintf(&b, "WSHEALTHZ_%s=%s\n", name, value)
		}
		b.WriteString("```\n\n")
		for _, w := range s.wrong {
			fmt.Fprintf(&b, "- %s: `%s`\n", w.what, w.reason)
		}
		if s.note != "" {
			fmt.Fprintf(&b, "- %s\n", s.note)
		}
		if s.logs != "" {
			fmt.Fprintf(&b, "- its log: %s\n", s.logs)
		}
	}
	return strings.ReplaceAll(b.String(), "```\n\n\n", "```\n\n")
}

func version(t *testing.T, s server) string {
	if s.version[0] == "npm" {
		text, err := os.ReadFile("package.json")
		if err != nil {
			t.Fatal(err)
		}
		var pkg struct{ Dependencies map[string]string }
		if err := json.Unmarshal(text, &pkg); err != nil {
			t.Fatal(err)
		}
		return "npm " + s.version[1] + " " + pkg.Dependencies[s.version[1]]
	}
	out, _ := exec.Command("dpkg-query", "-W", "-f", "${Version}", s.version[1]).Output()
	return "Debian " + s.version[1] + " " + string(out)
}
