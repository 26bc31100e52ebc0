//go:build !windows

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"wshealthz/internal/command"
	"wshealthz/internal/config"
	"wshealthz/internal/testbed"
)

func TestMain(m *testing.M) { testbed.Main(m) }

// start starts the program with these variables, named without their prefix.
func start(t *testing.T, variables ...string) *testbed.Wshealthz {
	t.Helper()
	var env []string
	for _, v := range variables {
		env = append(env, config.Prefix+v)
	}
	return testbed.StartWshealthz(t, env)
}

// health gets the verdict.
func health(t *testing.T, self *testbed.Wshealthz) (status int, body string) {
	t.Helper()
	return testbed.Get(t, "http://"+self.Health+"/health")
}

// TestGorillaChat: the server that the mission is about. A plain GET gets 400 and a line in its log; a hundred
// verdicts get 200 and not one line.
func TestGorillaChat(t *testing.T) {
	server, address := testbed.StartChat(t)
	self := start(t, "TARGET=ws://"+address+"/ws", "MAX_AGE=0")
	for range 100 {
		if status, body := health(t, self); status != 200 || body != "ok\n" {
			t.Fatalf("%d %s, want 200 ok", status, body)
		}
	}
	self.Signal(t, syscall.SIGTERM) // waits for the connections that are being left
	if code := self.Wait(t); code != command.ExitOK {
		t.Errorf("exit %d, want 0", code)
	}
	if lines := server.Lines(); len(lines) > 0 {
		t.Errorf("the server logged %q, want nothing", lines)
	}
	if lines := self.Lines(); len(lines) != 2 {
		t.Errorf("the adapter logged %q, want its start and the first verdict", lines)
	}
	if status, _ := testbed.Get(t, "http://"+address+"/ws"); status != 400 {
		t.Errorf("a plain GET gets %d, want 400", status)
	}
	testbed.Until(t, "the plain GET is in the server's log", func() bool { return len(server.Lines()) > 0 })
}

// TestAdminListener: everything that a person or Prometheus asks for is there, of this server.
func TestAdminListener(t *testing.T) {
	_, address := testbed.StartChat(t)
	self := start(t, "TARGET=ws://"+address+"/ws?s3cret", "HEADERS=Authorization: s3cret")
	health(t, self)
	for path, want := range map[string]string{
		"/livez": "ok\n", "/metrics": "\nwshealthz_healthy 1\n", "/status": `"serverListens": "loopback"`,
		"/": "<title>wshealthz: healthy</title>",
	} {
		status, body := testbed.Get(t, "http://"+self.Admin+path)
		if runtime.GOOS != "linux" {
			want = strings.Replace(want, `"loopback"`, `""`, 1)
		}
		if status != 200 || !strings.Contains(body, want) || strings.Contains(body, "s3cret") {
			t.Errorf("%s: %d %s, want 200, %q and no secret", path, status, body, want)
		}
	}
}

// TestServerStops: a hanging server is upgrade_timeout or dial_timeout, a dead one refused, and the log says so
// once each.
func TestServerStops(t *testing.T) {
	server, address := testbed.StartChat(t)
	self := start(t, "TARGET=ws://"+address+"/ws", "MAX_AGE=0", "TIMEOUT=1500ms")
	expect := func(what string, status int, prefix string) {
		t.Helper()
		for range 2 {
			if got, body := health(t, self); got != status || !strings.HasPrefix(body, prefix) {
				t.Errorf("%s: %d %s want %d %s", what, got, body, status, prefix)
			}
		}
	}
	expect("up", 200, "ok\n")
	server.Signal(t, syscall.SIGSTOP)
	testbed.Until(t, "the server is stopped", func() bool { return testbed.Stopped(t, server.PID()) })
	expect("stopped", 503, "upgrade: upgrade_timeout: ")
	server.Signal(t, syscall.SIGCONT)
	testbed.Until(t, "healthy again", func() bool { status, _ := health(t, self); return status == 200 })
	server.Kill()
	expect("killed", 503, "dial: refused: ")
	self.Signal(t, syscall.SIGTERM) // the end writes what is queued
	self.Wait(t)
	var reasons []string
	for _, line := range self.Lines()[1:] {
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

// TestTermination: SIGTERM answers who waits with draining, and exits 0; a second signal exits at once.
func TestTermination(t *testing.T) {
	hanging := testbed.Listen(t) // accepts in the kernel, never answers
	self := start(t, "TARGET=ws://"+hanging.Addr().String(), "TIMEOUT=60s")
	type answer struct {
		status int
		body   string
	}
	answers := make(chan answer, 3)
	for range cap(answers) {
		go func() {
			status, body := 0, ""
			if response, err := http.Get("http://" + self.Health + "/health"); err == nil {
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
	testbed.Until(t, "three callers wait", func() bool {
		_, metrics := testbed.Get(t, "http://"+self.Admin+"/metrics")
		return strings.Contains(metrics, "\nwshealthz_callers 3\n")
	})
	self.Signal(t, syscall.SIGTERM)
	for range cap(answers) {
		if a := <-answers; a.status != 503 || !strings.HasPrefix(a.body, "draining: ") {
			t.Errorf("%d %q, want 503 draining", a.status, a.body)
		}
	}
	if _, err := io.Copy(io.Discard, conn); err != nil {
		t.Errorf("the server saw %v, want FIN", err)
	}
	if code := self.Wait(t); code != command.ExitOK {
		t.Errorf("exit %d, want 0: %q", code, self.Lines())
	}

}

// TestSecondSignal ends a process that waits for a server to let go. That takes a second, in which the signal must
// arrive: on a busy machine more than one try may be needed.
func TestSecondSignal(t *testing.T) {
	hanging := testbed.Listen(t)
	for range 5 {
		self := start(t, "TARGET=ws://"+hanging.Addr().String())
		go http.Get("http://" + self.Health + "/health")
		conn, err := hanging.Accept()
		if err != nil {
			t.Fatal(err)
		}
		self.Signal(t, syscall.SIGTERM)
		io.Copy(io.Discard, conn) // FIN: the first signal is at work
		if err := self.Process.Process.Signal(syscall.SIGINT); err != nil {
			continue // it has ended already
		}
		if self.Wait(t) == command.ExitFailure {
			return
		}
	}
	t.Error("the second signal never ended it at once, want exit 1")
}

// TestPortInUse is exit 1 with one line.
func TestPortInUse(t *testing.T) {
	taken := testbed.Listen(t)
	p := testbed.Start(t, testbed.Build(t, "wshealthz"), []string{"WSHEALTHZ_TARGET=ws://localhost:1/", "WSHEALTHZ_LISTEN=" + taken.Addr().String(), "WSHEALTHZ_ADMIN_LISTEN="})
	if code := p.Wait(t); code != command.ExitFailure || len(p.Lines()) != 1 || !strings.Contains(p.Lines()[0], taken.Addr().String()) {
		t.Errorf("exit %d, %q, want 1 and one line with the address", code, p.Lines())
	}
}

// startLine reads the first line of a log and returns the health listener's address.
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
	read, written, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	const setPipeSize = 1031 // F_SETPIPE_SZ of Linux; elsewhere the pipe is as large as it is
	syscall.Syscall(syscall.SYS_FCNTL, written.Fd(), setPipeSize, 4096)
	cmd = exec.Command(testbed.Build(t, "wshealthz"))
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

// TestLogNobodyReads: a full pipe makes no caller wait.
func TestLogNobodyReads(t *testing.T) {
	cmd, _, address := piped(t)
	for range 2 * 256 { // twice what the log's queue holds
		if status, _ := testbed.Get(t, "http://"+address+"/health"); status != 503 {
			t.Errorf("%d, want 503", status)
		}
	}
	cmd.Process.Signal(syscall.SIGTERM)
	defer time.AfterFunc(testbed.Patience, func() { cmd.Process.Kill() }).Stop()
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v, want exit 0", err)
	}
}

// TestClosedLog: a standard error that is closed from the start is no file or connection that is opened later.
func TestClosedLog(t *testing.T) {
	server, address := testbed.Listen(t), testbed.Reserve(t)
	received := make(chan string, 1)
	go func() {
		conn, err := server.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		text, _ := io.ReadAll(conn) // until its FIN
		received <- string(text)
	}()
	cmd := exec.Command("sh", "-c", `exec "$0" 2>&-`, testbed.Build(t, "wshealthz"))
	cmd.Env = []string{"WSHEALTHZ_TARGET=ws://" + server.Addr().String(), "WSHEALTHZ_LISTEN=" + address, "WSHEALTHZ_ADMIN_LISTEN=", "WSHEALTHZ_TIMEOUT=1s", "WSHEALTHZ_LOG_LEVEL=debug"}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	patience := time.AfterFunc(testbed.Patience, func() { cmd.Process.Kill() })
	t.Cleanup(func() {
		patience.Stop()
		cmd.Process.Kill()
		cmd.Wait()
	})
	testbed.Until(t, "it answers", func() bool {
		response, err := http.Get("http://" + address + "/health")
		if err == nil {
			response.Body.Close()
		}
		return err == nil
	})
	if text := <-received; !strings.HasPrefix(text, "GET / HTTP/1.1\r\n") || strings.Contains(text, `"level"`) {
		t.Errorf("the server got %q, want a handshake and no line of the log", text)
	}
	cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v, want exit 0", err)
	}
}

// TestBrokenFromTheStart: without any reader of its log from the start, it serves and stops as always.
func TestBrokenFromTheStart(t *testing.T) {
	path := testbed.Build(t, "wshealthz")
	for range 10 {
		read, written, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		read.Close()
		address := testbed.Reserve(t)
		cmd := exec.Command(path)
		cmd.Env = []string{"WSHEALTHZ_TARGET=ws://localhost:1/", "WSHEALTHZ_LISTEN=" + address, "WSHEALTHZ_ADMIN_LISTEN="}
		cmd.Stderr = written
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		written.Close()
		testbed.Until(t, "it answers", func() bool {
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

// TestBrokenLog: when the reader of its log is gone, the program goes on.
func TestBrokenLog(t *testing.T) {
	_, read, address := piped(t)
	read.Close()
	for range 3 {
		if status, _ := testbed.Get(t, "http://"+address+"/health"); status != 503 {
			t.Errorf("%d, want 503", status)
		}
	}
}
