// Package command is the command line: serve, check, drain, help and version. It wires the other packages together, is the only
// one that knows all of them, and builds the logger that they are handed.
package command

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"wshealthz/internal/config"
)

// The exit codes.
const (
	ExitOK      = 0  // served until asked to stop; check: healthy
	ExitFailure = 1  // a port that cannot be bound, a second signal; check: unhealthy
	ExitUsage   = 64 // wrong configuration or command line, nothing was started (EX_USAGE of sysexits.h)
)

// An invocation is one run of the program.
type invocation struct {
	build          Build
	args           []string // after the command
	environ        []string
	stdout, stderr io.Writer
}

// commands maps the first word of the command line to what runs; without any word it is serve.
var commands = map[string]func(context.Context, *invocation) int{
	"check":   check,
	"drain":   drain,
	"help":    help,
	"version": printVersion,
}

// Run runs the command that args name and returns the exit code, when the command is done or, for serve, after ctx is
// canceled. environ is os.Environ(): it tells which variables are set, and their values are
// read from the process.
func Run(ctx context.Context, build Build, args, environ []string, stdout, stderr io.Writer) int {
	i := &invocation{build: build, environ: environ, stdout: stdout, stderr: stderr}
	if len(args) == 0 {
		return serve(ctx, i)
	}
	name := args[0]
	i.args = args[1:]
	switch name {
	case "-h", "-help", "--help":
		name = "help"
	case "-version", "--version":
		name = "version"
	}
	command, known := commands[name]
	if !known {
		return i.misused("unknown command " + quoteURL(name))
	}
	if name != "check" && name != "drain" && len(i.args) > 0 {
		return i.misused("unknown argument " + quoteURL(i.args[0]))
	}
	return command(ctx, i)
}

// quoteURL quotes an argument that may have been meant as a URL, without its secrets.
func quoteURL(arg string) string { return strconv.Quote(config.RedactURL(arg)) }

// misused reports what is wrong with the command line.
func (i *invocation) misused(problem string) int {
	fmt.Fprintf(i.stderr, "wshealthz: %s (usage: wshealthz [check [-v | -json] [-secrets] [-find] [-wait 30s] [URL] | drain [-off | -wait] | help | version])\n", problem)
	return ExitUsage
}

// misconfigured reports each fault on a line of its own.
func (i *invocation) misconfigured(faults []config.Fault) int {
	for _, f := range faults {
		fmt.Fprintln(i.stderr, "wshealthz:", f)
	}
	noun := "faults"
	if len(faults) == 1 {
		noun = "fault"
	}
	fmt.Fprintf(i.stderr, "wshealthz: %d %s in the configuration, nothing started (wshealthz help lists the variables)\n", len(faults), noun)
	return ExitUsage
}
