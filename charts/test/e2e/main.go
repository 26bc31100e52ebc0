// E2e is what the end-to-end tests run inside a cluster: a WebSocket server on any path, a way to stop and continue it,
// and a prober that asks as Application Gateway does.
package main

import (
	"fmt"
	"os"
)

var commands = map[string]func(args []string) error{
	"serve":   serve,       // a server in a process of its own, because signals from inside do not stop process 1
	"child":   serveHere,   // that process
	"signal":  signalChild, // STOP or CONT
	"gateway": gateway,
}

func main() {
	command := commands["serve"]
	args := os.Args[1:]
	if len(args) > 0 {
		command, args = commands[args[0]], args[1:]
	}
	if command == nil {
		fmt.Fprintln(os.Stderr, "e2e: want serve, signal STOP|CONT or gateway")
		os.Exit(64)
	}
	if err := command(args); err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		os.Exit(1)
	}
}
