package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// sendSignal sends STOP, CONT, TERM or KILL to a process whose first two words are as in the arguments, by default to the server
// of this container. In a pod whose containers share their processes it reaches those of all.
func sendSignal(args []string) error {
	signals := map[string]syscall.Signal{"STOP": syscall.SIGSTOP, "CONT": syscall.SIGCONT, "TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL}
	if len(args) == 1 {
		args = append(args, "/e2e", "child")
	}
	if len(args) < 2 || signals[args[0]] == 0 {
		return fmt.Errorf("signal has arguments %q, must be STOP|CONT|TERM|KILL [WORD...]", args)
	}
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return err
	}
	for _, file := range files {
		line, _ := os.ReadFile(file) // the process may have ended
		if isCommand(line, args[1:]) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			return syscall.Kill(pid, signals[args[0]])
		}
	}
	return fmt.Errorf("no process %q runs here", args[1:])
}

// isCommand reports whether a command line, in which each word ends with a NUL, consists of these words.
func isCommand(line []byte, words []string) bool {
	var want bytes.Buffer
	for _, word := range words {
		want.WriteString(word + "\x00")
	}
	return bytes.Equal(line, want.Bytes())
}
