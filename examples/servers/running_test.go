//go:build servers

package servers

import (
	"bytes"
	"crypto/x509"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"wshealthz/internal/testbed"
)

// startBound is how long a server may take to start: those on a Java or Erlang runtime need it.
const startBound = 45 * time.Second

// A running server is one that has been started.
type running struct {
	server
	placeholders *strings.Replacer
	dir          string
	cmd          *exec.Cmd
	output       *output
}

// An output collects what a server writes.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// start writes the server's files and starts it, after the processes that it needs.
func start(t *testing.T, s server) *running {
	t.Helper()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	r := &running{server: s, dir: t.TempDir(), output: new(output)}
	replace := []string{"{dir}", r.dir, "{here}", here}
	for _, name := range []string{"{port}", "{port2}", "{port3}", "{port4}"} {
		_, port, _ := net.SplitHostPort(testbed.Reserve(t))
		replace = append(replace, name, port)
	}
	r.placeholders = strings.NewReplacer(replace...)
	for _, dir := range []string{r.dir, filepath.Dir(r.dir)} {
		os.Chmod(dir, 0o755) // some servers switch from root to a user of their own
	}
	for name, text := range s.files {
		path := filepath.Join(r.dir, name)
		os.MkdirAll(filepath.Dir(path), 0o755)
		if err := os.WriteFile(path, []byte(r.placeholders.Replace(text)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if s.tls {
		r.writeCertificate(t)
	}
	for _, command := range s.before {
		r.run(t, command)
	}
	r.cmd = r.run(t, s.command)
	return r
}

// writeCertificate writes the files that a server with TLS needs.
func (r *running) writeCertificate(t *testing.T) {
	t.Helper()
	onlyName := func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = []string{"ws.example"}, nil }
	authority := testbed.Certificate{Names: []string{"CA of ws.example"}}.Make(t)
	files := testbed.Certificate{Names: []string{"ws.example"}, Issuer: authority, Change: onlyName}.Make(t).WriteFiles(t, r.dir)
	var all []byte
	for _, path := range []string{files.Cert, files.Key} {
		pem, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, pem...)
	}
	testbed.WriteFile(t, filepath.Join(r.dir, "all.pem"), string(all))
}

// run starts a command in a process group of its own, which is killed when the test ends.
func (r *running) run(t *testing.T, command []string) *exec.Cmd {
	t.Helper()
	var args []string
	for _, arg := range command {
		args = append(args, r.placeholders.Replace(arg))
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = r.dir, r.output, r.output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		cmd.Wait()
	})
	return cmd
}

// signal sends a signal to the server's process group.
func (r *running) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(-r.cmd.Process.Pid, s); err != nil {
		t.Fatal(err)
	}
}

// check runs wshealthz check with the server's variables, those of override replaced, and returns the exit code and the
// first line of its output.
func (r *running) check(t *testing.T, override ...string) (code int, line string) {
	t.Helper()
	cmd := exec.Command(testbed.Build(t, "wshealthz"), "check")
	for _, variable := range append(append([]string(nil), r.env...), override...) {
		cmd.Env = append(cmd.Env, "WSHEALTHZ_"+r.placeholders.Replace(variable)) // the last of a name counts
	}
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	line, _, _ = strings.Cut(string(out), "\n")
	return cmd.ProcessState.ExitCode(), line
}

// untilVerdict runs check until its line is "ok", or contains another wanted text.
func (r *running) untilVerdict(t *testing.T, want string) {
	t.Helper()
	for end := time.Now().Add(startBound); ; time.Sleep(100 * time.Millisecond) {
		_, line := r.check(t, "TIMEOUT=3s")
		if line == want || want != "ok" && strings.Contains(line, want) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s, want %s; the server wrote\n%s", line, want, r.output)
		}
	}
}
