//go:build !linux

// Endurance runs wshealthz for long and fails when something grows. Memory and connections of another process are not known
// here: they are read from /proc, which only Linux has.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "endurance: memory and connections of a process are not known here, only on Linux")
	os.Exit(1)
}
