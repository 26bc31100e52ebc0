// Wshealthz sits beside an unmodified WebSocket server, takes a load balancer's plain GET /health, does a real
// WebSocket handshake with the server, and answers 200 when a WebSocket client would be served, 503 with the
// reason when not.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
)

// The exit codes.
const (
	exitOK    = 0  // served until asked to stop; check: healthy
	exitFault = 1  // a port that cannot be had, a second signal; check: unhealthy
	exitUsage = 64 // the configuration or the command line is wrong, nothing was started (EX_USAGE of sysexits.h)
)

// version is stamped by the linker: -ldflags "-X main.version=1.2.3".
var version = "dev"

func main() {
	tune(os.Environ())
	ctx := untilSignal()
	os.Exit(run(ctx, os.Args[1:], os.Environ, os.Stdout, os.Stderr))
}

// untilSignal is canceled at the first SIGTERM or SIGINT; the second ends the process. Without a reader for its log
// the process goes on: SIGPIPE would end it. All of that holds from its return on.
func untilSignal() context.Context {
	signal.Ignore(syscall.SIGPIPE)
	stop := make(chan os.Signal, 2)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-stop
		cancel()
		<-stop
		os.Exit(exitFault)
	}()
	return ctx
}

// commands are the first word of the command line; no word at all is serve.
var commands = map[string]func(ctx context.Context, args []string, environ []string, stdout, stderr io.Writer) int{
	"check":   check,
	"drain":   drain,
	"help":    help,
	"version": printVersion,
}

// run is the whole program but for signals. It returns the exit code when the command is done or, for serve, after ctx is canceled.
// getenv is os.Environ: it tells which variables there are, and envconfig reads their values from the process itself.
func run(ctx context.Context, args []string, getenv func() []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		return serve(ctx, nil, getenv(), stdout, stderr)
	}
	name, args := args[0], args[1:]
	switch name {
	case "-h", "-help", "--help":
		name = "help"
	case "-version", "--version":
		name = "version"
	}
	command, known := commands[name]
	if !known {
		return misused(stderr, "unknown command "+shownURL(name))
	}
	if name != "check" && name != "drain" && len(args) > 0 {
		return misused(stderr, "unknown argument "+shownURL(args[0]))
	}
	return command(ctx, args, getenv(), stdout, stderr)
}

// tune makes the process small, unless the environment says how it wants it: one thread at a time is enough for a
// sidecar and saves the hand-over between threads, and a small heap fits its memory limit.
func tune(environ []string) {
	set := func(name string) bool {
		return slices.ContainsFunc(environ, func(entry string) bool {
			return strings.HasPrefix(entry, name+"=") && len(entry) > len(name)+1
		})
	}
	if !set("GOMAXPROCS") {
		runtime.GOMAXPROCS(1)
	}
	if !set("GOGC") {
		debug.SetGCPercent(gcPercent)
	}
}

// gcPercent lets the heap grow to 1.4 MiB before it is collected (4 MiB × percent / 100). Measured with .ci/bench: at 30 the
// first collection comes within 60 probes and its own memory, 0.5 MiB, counts; at 36 it does not, and after 100,000 probes 0.3 MiB
// more stays resident.
const gcPercent = 36

// misused says what is wrong with the command line.
func misused(stderr io.Writer, what string) int {
	fmt.Fprintf(stderr, "wshealthz: %s, want wshealthz [check [-v | -json] [-wait 30s] [URL] | help | version]\n", what)
	return exitUsage
}

func drain(_ context.Context, _, _ []string, _, stderr io.Writer) int {
	return misused(stderr, "drain is not in this version")
}

func printVersion(_ context.Context, _, _ []string, stdout, _ io.Writer) int {
	fmt.Fprintln(stdout, "wshealthz", version)
	return exitOK
}
