// Package program builds main packages and runs them as processes. It needs no testing.TB, so that the demo, which
// users run, shares it with the tests; the wshealthz binary imports neither it nor its parent.
package program

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
)

// Build builds a main package of this module, or of one that it requires, into dir and returns the path of the
// executable.
func Build(ctx context.Context, dir, pkg string) (string, error) {
	executable := filepath.Join(dir, path.Base(pkg))
	if runtime.GOOS == "windows" {
		executable += ".exe"
	}
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", executable, pkg).CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build %s: %w\n%s", pkg, err, out)
	}
	return executable, nil
}

// A Process is a started program and the lines that it wrote to standard error.
type Process struct {
	cmd       *exec.Cmd
	firstLine chan struct{} // closed once Lines has one
	exited    chan struct{}

	mu    sync.Mutex
	lines []string
}

// Start starts the executable. env is its whole environment; where a name is there twice, the last one counts.
// stderr, if not nil, gets a copy of what the process writes to standard error.
func Start(executable string, env []string, stderr io.Writer, args ...string) (*Process, error) {
	p := &Process{cmd: exec.Command(executable, args...), firstLine: make(chan struct{}), exited: make(chan struct{})}
	p.cmd.Env = append([]string{}, env...) // nil would be the environment of this process
	written, err := p.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	if stderr == nil {
		stderr = io.Discard
	}
	go p.collect(io.TeeReader(written, stderr))
	return p, nil
}

func (p *Process) collect(written io.Reader) {
	defer close(p.exited)
	in := bufio.NewReader(written)
	for {
		line, err := in.ReadString('\n')
		if err != nil && line == "" {
			break
		}
		p.mu.Lock()
		if p.lines = append(p.lines, strings.TrimSuffix(line, "\n")); len(p.lines) == 1 {
			close(p.firstLine)
		}
		p.mu.Unlock()
	}
	p.cmd.Wait()
}

// PID returns the process's id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Lines returns what the process has written to standard error so far.
func (p *Process) Lines() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.lines...)
}

// Exited returns a channel that is closed when the process has exited and Lines is complete.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// ExitCode returns the exit code, -1 when a signal ended the process. It waits until the process has exited.
func (p *Process) ExitCode() int {
	<-p.exited
	return p.cmd.ProcessState.ExitCode()
}

// Signal sends a signal, such as syscall.SIGSTOP.
func (p *Process) Signal(signal os.Signal) error { return p.cmd.Process.Signal(signal) }

// Stop asks the process to exit and returns its exit code. Windows has no way to ask: there the process is killed.
func (p *Process) Stop() int {
	if err := p.Signal(syscall.SIGTERM); err != nil {
		return p.Kill()
	}
	return p.ExitCode()
}

// Kill ends the process at once and returns its exit code.
func (p *Process) Kill() int {
	p.cmd.Process.Kill()
	return p.ExitCode()
}
