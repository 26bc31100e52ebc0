// Wshealthz runs next to an unmodified WebSocket server, takes a load balancer's plain GET /health, performs a real
// WebSocket handshake with the server, and answers 200 when a WebSocket client would be served, 503 with the reason when
// not.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"wshealthz/internal/command"
)

// Both are stamped by the linker: -ldflags "-X main.version=1.2.3 -X main.commit=0123abc".
var (
	version = "dev"
	commit  = ""
)

func main() {
	command.Tune(os.Environ())
	ctx := untilSignal()
	os.Exit(command.Run(ctx, command.NewBuild(version, commit), os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// untilSignal returns a context that the first SIGTERM or SIGINT cancels; the second ends the process. SIGPIPE is ignored:
// without a reader of its log the process goes on. All of that holds from the return on.
func untilSignal() context.Context {
	signal.Ignore(syscall.SIGPIPE)
	stop := make(chan os.Signal, 2)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-stop
		cancel()
		<-stop
		os.Exit(command.ExitFailure)
	}()
	return ctx
}
