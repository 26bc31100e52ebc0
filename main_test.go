package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const patience = 30 * time.Second

// binary builds the program once for all tests that need a process of it.
var binary = sync.OnceValues(func() (string, error) { return build("wshealthz") })

// chat builds the unmodified example server of gorilla/websocket.
var chat = sync.OnceValues(func() (string, error) { return build("github.com/gorilla/websocket/examples/chat") })

var builds string // the folder of both

func build(pkg string) (string, error) {
	path := filepath.Join(builds, filepath.Base(pkg))
	if out, err := exec.Command("go", "build", "-o", path, pkg).CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build %s: %w\n%s", pkg, err, out)
	}
	return path, nil
}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "wshealthz-test-")
	if err != nil {
		panic(err)
	}
	builds = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// A process is a program that runs, with the lines of its standard error.
type process struct {
	*exec.Cmd
	mu    sync.Mutex
	lines []string
	ended chan struct{} // closed when the program has ended and all lines are there
	admin string        // address of the admin listener
}

func launch(t *testing.T, path string, err error, env []string, args ...string) *process {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{Cmd: exec.Command(path, args...), ended: make(chan struct{})}
	p.Env = env
	stderr, err := p.StderrPipe()
	if err == nil {
		err = p.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for in := bufio.NewScanner(stderr); in.Scan(); {
			p.mu.Lock()
			p.lines = append(p.lines, in.Text())
			p.mu.Unlock()
		}
		p.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		p.Process.Kill()
		<-p.ended
	})
	return p
}

func (p *process) log() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.lines...)
}

// exit waits for the end and returns the exit code.
func (p *process) exit(t *testing.T) int {
	t.Helper()
	select {
	case <-p.ended:
		return p.ProcessState.ExitCode()
	case <-time.After(patience):
		t.Fatal("the process did not end")
		return -1
	}
}

// adapter starts the program with these variables and returns the address of its health listener.
func adapter(t *testing.T, variables ...string) (*process, string) {
	t.Helper()
	path, err := binary()
	env := []string{"WSHEALTHZ_LISTEN=127.0.0.1:0", "WSHEALTHZ_ADMIN_LISTEN=127.0.0.1:0"}
	for _, v := range variables {
		env = append(env, prefix+v)
	}
	p := launch(t, path, err, env)
	address := ""
	until(t, "the start line", func() bool {
		if lines := p.log(); len(lines) > 0 {
			var start struct {
				Msg, Listen string
				Admin       string `json:"admin_listen"`
			}
			if err := json.Unmarshal([]byte(lines[0]), &start); err != nil || start.Msg != "serving" {
				t.Fatalf("the first line is %s", lines[0])
			}
			address, p.admin = start.Listen, start.Admin
		}
		return address != ""
	})
	return p, address
}

func until(t *testing.T, what string, met func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !met(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// startChat starts gorilla's chat on a free port and returns its address.
func startChat(t *testing.T) (*process, string) {
	t.Helper()
	path, err := chat()
	address := freeAddress(t)
	p := launch(t, path, err, nil, "-addr", address)
	until(t, "the chat server listens", func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	return p, address
}

// TestGorillaChat: the server that the mission is about. A plain GET gets 400 and a line in its log; a hundred
// verdicts get 200 and not one line.
func TestGorillaChat(t *testing.T) {
	server, address := startChat(t)
	self, health := adapter(t, "TARGET=ws://"+address+"/ws", "MAX_AGE=0")
	for range 100 {
		if status, body := get(t, "http://"+health+"/health"); status != 200 || body != "ok\n" {
			t.Fatalf("%d %s, want 200 ok", status, body)
		}
	}
	self.Process.Signal(syscall.SIGTERM) // waits for the connections that are being left
	if code := self.exit(t); code != exitOK {
		t.Errorf("exit %d, want 0", code)
	}
	if lines := server.log(); len(lines) > 0 {
		t.Errorf("the server logged %q, want nothing", lines)
	}
	if lines := self.log(); len(lines) != 2 {
		t.Errorf("the adapter logged %q, want its start and the first verdict", lines)
	}
	if status, _ := get(t, "http://"+address+"/ws"); status != 400 {
		t.Errorf("a plain GET gets %d, want 400", status)
	}
	until(t, "the plain GET is in the server's log", func() bool { return len(server.log()) > 0 })
}

// TestServerStops: a hanging server is upgrade_timeout or dial_timeout, a dead one refused, and the log says so
// once each.
func TestServerStops(t *testing.T) {
	server, address := startChat(t)
	self, health := adapter(t, "TARGET=ws://"+address+"/ws", "MAX_AGE=0", "TIMEOUT=1500ms")
	expect := func(what string, status int, prefix string) {
		t.Helper()
		for range 2 {
			if got, body := get(t, "http://"+health+"/health"); got != status || !strings.HasPrefix(body, prefix) {
				t.Errorf("%s: %d %s want %d %s", what, got, body, status, prefix)
			}
		}
	}
	expect("up", 200, "ok\n")
	server.Process.Signal(syscall.SIGSTOP)
	until(t, "the server is stopped", func() bool { return stopped(t, server.Process.Pid) })
	expect("stopped", 503, "upgrade: upgrade_timeout: ")
	server.Process.Signal(syscall.SIGCONT)
	until(t, "healthy again", func() bool { status, _ := get(t, "http://"+health+"/health"); return status == 200 })
	server.Process.Kill()
	<-server.ended
	expect("killed", 503, "dial: refused: ")
	self.Process.Signal(syscall.SIGTERM) // the end writes what is queued
	self.exit(t)
	var reasons []string
	for _, line := range self.log()[1:] {
		var entry struct{ Level, Msg, Reason string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatal(err)
		}
		reasons = append(reasons, entry.Level+" "+entry.Msg+" "+entry.Reason)
	}
	want := []string{"info healthy ok", "warn unhealthy upgrade_timeout", "info healthy ok", "warn unhealthy refused"}
	if fmt.Sprint(reasons) != fmt.Sprint(want) {
		t.Errorf("logged %q, want %q", reasons, want)
	}
}

// stopped says whether all threads of a process are.
func stopped(t *testing.T, pid int) bool {
	t.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	if err != nil || len(threads) == 0 {
		t.Skip("no /proc here")
	}
	for _, thread := range threads {
		stat, _ := os.ReadFile(thread)
		if _, state, _ := strings.Cut(string(stat), ") "); !strings.HasPrefix(state, "T") {
			return false
		}
	}
	return true
}

// TestTermination: SIGTERM answers who waits with draining, and exits 0; a second signal exits at once.
func TestTermination(t *testing.T) {
	hanging, err := net.Listen("tcp", "127.0.0.1:0") // accepts in the kernel, never answers
	if err != nil {
		t.Fatal(err)
	}
	defer hanging.Close()
	self, health := adapter(t, "TARGET=ws://"+hanging.Addr().String(), "TIMEOUT=60s")
	type answer struct {
		status int
		body   string
	}
	answers := make(chan answer, 3)
	for range cap(answers) {
		go func() {
			status, body := 0, ""
			if response, err := http.Get("http://" + health + "/health"); err == nil {
				text, _ := io.ReadAll(response.Body)
				response.Body.Close()
				status, body = response.StatusCode, string(text)
			}
			answers <- answer{status, body}
		}()
	}
	conn, err := hanging.Accept() // the probe is under way
	if err != nil {
		t.Fatal(err)
	}
	// Accepted ones: the kernel resets those that still wait for that when the listener closes.
	until(t, "three callers wait", func() bool {
		_, metrics := get(t, "http://"+self.admin+"/metrics")
		return strings.Contains(metrics, "\nwshealthz_callers 3\n")
	})
	self.Process.Signal(syscall.SIGTERM)
	for range cap(answers) {
		if a := <-answers; a.status != 503 || !strings.HasPrefix(a.body, "draining: ") {
			t.Errorf("%d %q, want 503 draining", a.status, a.body)
		}
	}
	if _, err := io.Copy(io.Discard, conn); err != nil {
		t.Errorf("the server saw %v, want FIN", err)
	}
	if code := self.exit(t); code != exitOK {
		t.Errorf("exit %d, want 0: %q", code, self.log())
	}

}

// TestSecondSignal ends a process that waits for a server to let go. That takes a second, in which the signal must
// arrive: on a busy machine more than one try may be needed.
func TestSecondSignal(t *testing.T) {
	hanging, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer hanging.Close()
	for range 5 {
		self, health := adapter(t, "TARGET=ws://"+hanging.Addr().String())
		go http.Get("http://" + health + "/health")
		conn, err := hanging.Accept()
		if err != nil {
			t.Fatal(err)
		}
		self.Process.Signal(syscall.SIGTERM)
		io.Copy(io.Discard, conn) // FIN: the first signal is at work
		self.Process.Signal(syscall.SIGINT)
		if self.exit(t) == exitFault {
			return
		}
	}
	t.Error("the second signal never ended it at once, want exit 1")
}

// TestPortInUse is exit 1 with one line.
func TestPortInUse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	path, err := binary()
	p := launch(t, path, err, []string{"WSHEALTHZ_TARGET=ws://localhost:1/", "WSHEALTHZ_LISTEN=" + taken.Addr().String(), "WSHEALTHZ_ADMIN_LISTEN="})
	if code := p.exit(t); code != exitFault || len(p.log()) != 1 || !strings.Contains(p.log()[0], taken.Addr().String()) {
		t.Errorf("exit %d, %q, want 1 and one line with the address", code, p.log())
	}
}

// startLine reads the first line of a log and returns the address that it tells.
func startLine(t *testing.T, log io.Reader) string {
	t.Helper()
	line, err := bufio.NewReader(log).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var start struct{ Listen string }
	if err := json.Unmarshal([]byte(line), &start); err != nil {
		t.Fatal(err)
	}
	return start.Listen
}

// piped starts the program with a debug log that goes into a pipe of one page, and reads the first line of it.
func piped(t *testing.T) (cmd *exec.Cmd, read *os.File, address string) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	read, written, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	const setPipeSize = 1031 // F_SETPIPE_SZ
	syscall.Syscall(syscall.SYS_FCNTL, written.Fd(), setPipeSize, 4096)
	cmd = exec.Command(path)
	cmd.Env = []string{"WSHEALTHZ_TARGET=ws://localhost:1/", "WSHEALTHZ_LISTEN=127.0.0.1:0", "WSHEALTHZ_ADMIN_LISTEN=", "WSHEALTHZ_MAX_AGE=0", "WSHEALTHZ_LOG_LEVEL=debug"}
	cmd.Stderr = written
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	written.Close()
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		read.Close()
	})
	return cmd, read, startLine(t, read)
}

// TestLogNobodyReads: a pipe that is full makes no caller wait.
func TestLogNobodyReads(t *testing.T) {
	cmd, _, address := piped(t)
	for range 2 * queued {
		if status, _ := get(t, "http://"+address+"/health"); status != 503 {
			t.Errorf("%d, want 503", status)
		}
	}
	cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v, want exit 0", err)
	}
}

// TestBrokenFromTheStart: with no reader at all from the start, it serves and stops as ever.
func TestBrokenFromTheStart(t *testing.T) {
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		read, written, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		read.Close()
		address := freeAddress(t)
		cmd := exec.Command(path)
		cmd.Env = []string{"WSHEALTHZ_TARGET=ws://localhost:1/", "WSHEALTHZ_LISTEN=" + address, "WSHEALTHZ_ADMIN_LISTEN="}
		cmd.Stderr = written
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		written.Close()
		until(t, "it answers", func() bool {
			response, err := http.Get("http://" + address + "/health")
			if err == nil {
				response.Body.Close()
			}
			return err == nil
		})
		cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Errorf("%v, want exit 0", err)
		}
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// TestBrokenLog: without a reader of its log the adapter goes on.
func TestBrokenLog(t *testing.T) {
	_, read, address := piped(t)
	read.Close()
	for range 3 {
		if status, _ := get(t, "http://"+address+"/health"); status != 503 {
			t.Errorf("%d, want 503", status)
		}
	}
}
