//go:build !linux

// Bench measures what wshealthz costs. How much CPU time and memory another process takes is not known here: it is read
// from /proc, which only Linux has.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "bench: CPU time and memory of a process are not known here, only on Linux")
	os.Exit(1)
}
