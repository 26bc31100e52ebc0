package beside

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// A Process is a program that listens once it runs.
type Process struct {
	Path    string
	Args    []string
	Env     []string // all of its environment
	Address string   // host:port on which it listens
	Stderr  io.Writer

	cmd   *exec.Cmd
	ended chan struct{} // closed when it has ended
}

// Start returns once the address takes connections. The end of ctx kills the process.
func (p *Process) Start(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, p.Path, p.Args...)
	cmd.Env, cmd.Stderr = append([]string{}, p.Env...), p.Stderr // nil would be this process's environment
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		cmd.Wait()
		close(ended)
	}()
	p.cmd, p.ended = cmd, ended
	err := until(ctx, ended, func() error {
		conn, err := net.Dial("tcp", p.Address)
		if err != nil {
			return err
		}
		return conn.Close()
	})
	if err != nil {
		p.End(os.Kill)
		return fmt.Errorf("%s does not listen on %s: %w", filepath.Base(p.Path), p.Address, err)
	}
	return nil
}

// Signal sends a signal, such as SIGSTOP.
func (p *Process) Signal(signal os.Signal) error { return p.cmd.Process.Signal(signal) }

// End sends a signal that ends the process, waits for that and returns the exit code, -1 where a signal ended it.
func (p *Process) End(signal os.Signal) int {
	p.Signal(signal)
	<-p.ended
	return p.cmd.ProcessState.ExitCode()
}

var errEnded = errors.New("the process has ended")

// until tries again until there is no error, at most for Patience and not after ended was closed. It returns the
// last error.
func until(ctx context.Context, ended <-chan struct{}, try func() error) error {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ended:
			return errors.Join(err, errEnded)
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		}
	}
}
