//go:build !windows

package config

import (
	"os"
	"syscall"
)

// openFlags keep open(2) from waiting for the writer of a FIFO.
const openFlags = os.O_RDONLY | syscall.O_NONBLOCK
