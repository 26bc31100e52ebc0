//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"wshealthz/internal/testbed/program"
)

// A stderr is what standard error of wshealthz is.
type stderr int

const (
	collected stderr = iota
	closed           // no descriptor 2 at all
	stuck            // a pipe that nobody reads after the first line
	abandoned        // a pipe whose reading end is closed after the first line
)

// redirect returns the shell command for a standard error that is not collected.
func (a *arena) redirect() (command string, err error) {
	switch a.stderr {
	case collected:
		return "", nil
	case closed:
		return "exec 2>&-; ", nil
	}
	path := filepath.Join(a.dir, "stderr")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		return "", err
	}
	a.log, err = os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	return fmt.Sprintf("exec 2>'%s'; ", path), err
}

// readStart returns the addresses in the first line that comes through the FIFO. It reads no further line.
func (a *arena) readStart() (addresses program.Addresses, err error) {
	// Until the shell has opened the FIFO, reading it gives io.EOF.
	line, deadline := []byte(nil), time.Now().Add(settleTime)
	for len(line) == 0 && time.Now().Before(deadline) {
		line, _ = bufio.NewReader(a.log).ReadBytes('\n')
		time.Sleep(5 * time.Millisecond)
	}
	if err = json.Unmarshal(line, &addresses); err != nil {
		return addresses, fmt.Errorf("the first line of the log is %q: %w", line, err)
	}
	if a.stderr == abandoned {
		a.log.Close()
	}
	return addresses, nil
}
