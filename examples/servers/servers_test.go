//go:build servers

// Package servers runs wshealthz check against real WebSocket servers of other projects, each as a process of its own:
//
//	npm ci --prefix examples/servers && go test -tags servers ./examples/servers
//
// A server that is not installed is skipped. With WSHEALTHZ_SERVERS=N the test fails if fewer than N were tested.
package servers

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"wshealthz/internal/testbed"
)

func TestMain(m *testing.M) { testbed.Main(m) }

func TestServers(t *testing.T) {
	tested := 0
	for _, s := range all() {
		t.Run(s.name, func(t *testing.T) {
			if !installed(s) {
				t.Skipf("SKIPPED: %s%s is not installed", s.npm, s.debian)
			}
			tested++
			testServer(t, s)
		})
	}
	if min, _ := strconv.Atoi(os.Getenv("WSHEALTHZ_SERVERS")); tested < min {
		t.Errorf("%d servers were tested, want at least %d", tested, min)
	}
	t.Logf("%d of %d real servers tested", tested, len(all()))
}

// all returns the servers of both tables.
func all() []server { return slices.Concat(table, refusals) }

func installed(s server) bool {
	if s.npm != "" {
		_, err := os.Stat(filepath.Join("node_modules", s.npm))
		return err == nil && onPath("node")
	}
	return s.program != "" && onPath(s.program) || exec.Command("dpkg", "-s", s.debian).Run() == nil
}

func onPath(program string) bool {
	_, err := exec.LookPath(program)
	return err == nil
}

// testServer checks the verdict while the server runs, with each wrong setting, while the server is stopped, when it
// continues, and when it is killed.
func testServer(t *testing.T, s server) {
	r := start(t, s)
	if s.refuses {
		r.untilVerdict(t, s.wrong[0].reason+": ")
		r.checkWrong(t)
		return
	}
	r.untilVerdict(t, "ok")
	r.checkLeavesNoErrors(t)
	r.checkWrong(t)
	r.signal(t, syscall.SIGSTOP)
	stopped := s.stopped
	if stopped == "" && s.tls {
		stopped = "tls_timeout"
	} else if stopped == "" {
		stopped = "upgrade_timeout"
	}
	if _, out := r.check(t, "TIMEOUT=500ms"); !strings.Contains(out, stopped+": ") {
		t.Errorf("stopped: %s, want %s", out, stopped)
	}
	r.signal(t, syscall.SIGCONT)
	r.untilVerdict(t, "ok")
	r.signal(t, syscall.SIGKILL)
	r.untilVerdict(t, "refused: ")
}

// checkWrong checks the verdict and its hint with each wrong setting.
func (r *running) checkWrong(t *testing.T) {
	t.Helper()
	for _, w := range r.wrong {
		_, out := r.check(t, w.env...)
		if w.hint == hintLimited {
			_, out = r.check(t, w.env...) // the first was not over the limit
		}
		if !strings.Contains(out, w.reason+": ") || w.hint != "" && !strings.HasSuffix(out, " ("+w.hint+")") {
			t.Errorf("%s: %s, want %s and the hint %q", w.what, out, w.reason, w.hint)
		}
	}
}

// errorLine matches a line of a log that an operator would look into.
var errorLine = regexp.MustCompile(`(?i)\berror|exception|traceback|\bwarn|\bfatal|\[ERR|unhandled`)

// checkLeavesNoErrors runs 100 checks, which must be healthy and add no errorLine to the server's output.
func (r *running) checkLeavesNoErrors(t *testing.T) {
	t.Helper()
	const checks = 100
	before := len(r.errorLines())
	for range checks {
		if code, out := r.check(t); code != 0 {
			t.Fatalf("while the server runs: exit %d: %s", code, out)
		}
	}
	time.Sleep(300 * time.Millisecond) // a server may write its log late
	if lines := r.errorLines()[before:]; len(lines) > 0 && r.logs == "" {
		t.Errorf("%d checks added %d lines to the server's log, the first: %s", checks, len(lines), lines[0])
	}
}

// errorLines returns the lines of the server's output that match errorLine, but those of the level INFO.
func (r *running) errorLines() (lines []string) {
	for line := range strings.Lines(r.output.String()) {
		if errorLine.MatchString(line) && !strings.Contains(line, "INFO") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}
