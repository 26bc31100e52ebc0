// Command e2e is what the end-to-end tests run in a cluster: a WebSocket server on every path, a way to signal it, a prober that
// probes as Application Gateway does, a gateway that forwards to pods, and clients.
package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

var commands = map[string]func(args []string) error{
	"serve":   serve,      // a server in a child process, because process 1 ignores SIGSTOP from inside
	"child":   serveHere,  // that process
	"signal":  sendSignal, // to that process, or another
	"gateway": gateway,
	"balance": balance,
	"clients": clients,
}

func main() {
	command := commands["serve"]
	args := os.Args[1:]
	if len(args) > 0 {
		command, args = commands[args[0]], args[1:]
	}
	if command == nil {
		fmt.Fprintln(os.Stderr, "e2e: unknown command, must be one of", strings.Join(slices.Sorted(maps.Keys(commands)), ", "))
		os.Exit(64)
	}
	if err := command(args); err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		os.Exit(1)
	}
}
