//go:build !linux

// Attack plays attacks on wshealthz. What memory and descriptors another process has is not known here: it is read from
// /proc, which only Linux has.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "attack: memory and descriptors of a process are not known here, only on Linux")
	os.Exit(1)
}
