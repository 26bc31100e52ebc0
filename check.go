package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"wshealthz/upgrade"
)

// retryPause is the time between a verdict and the next try of check -wait.
const retryPause = 250 * time.Millisecond

type checkOptions struct {
	wait    time.Duration
	verbose bool
	secrets bool
	url     string
}

// check probes once, or with -wait until the server is healthy or the time is up, and prints the last verdict.
func check(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	o, err := parseCheck(args)
	if err == flag.ErrHelp {
		return help(ctx, nil, environ, stdout, stderr)
	}
	if err != nil {
		return misused(stderr, err.Error())
	}
	c, faults := configure(environ, o.url, stderr)
	if len(faults) > 0 {
		return report(stderr, faults)
	}
	var left upgrade.Left
	prober := &upgrade.Prober{Target: c.target, Log: c.log, Done: func(_ upgrade.Verdict, l upgrade.Left) { left = l }}
	end := time.Now().Add(o.wait)
	for {
		verdict := prober.Probe(ctx)
		prober.Wait(context.Background())
		c.log.Debug("probe", probeFields(verdict, left)...)
		if verdict.Healthy() || ctx.Err() != nil || time.Now().Add(retryPause).After(end) {
			printCheck(stdout, verdict)
			if o.verbose {
				printMore(ctx, stdout, prober, left, o.secrets)
			}
			return exitCode(verdict)
		}
		select {
		case <-time.After(time.Until(verdict.At.Add(retryPause))):
		case <-ctx.Done():
		}
	}
}

// parseCheck takes flags before and after the URL.
func parseCheck(args []string) (checkOptions, error) {
	var o checkOptions
	flags := flag.NewFlagSet("check", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.DurationVar(&o.wait, "wait", 0, "")
	flags.BoolVar(&o.verbose, "v", false, "")
	flags.BoolVar(&o.secrets, "secrets", false, "")
	for {
		if err := flags.Parse(args); err != nil {
			return o, err
		}
		if args = flags.Args(); len(args) == 0 {
			break
		}
		if o.url != "" || args[0] == "" {
			return o, fmt.Errorf("check takes one URL, not %q too", args[0])
		}
		o.url, args = args[0], args[1:]
	}
	if o.wait < 0 {
		return o, fmt.Errorf("-wait %s is below 0", o.wait)
	}
	return o, nil
}

func exitCode(v upgrade.Verdict) int {
	if v.Healthy() {
		return exitOK
	}
	return exitFault
}

// printCheck prints the verdict as the health listener's body has it, then a line for each phase.
func printCheck(w io.Writer, v upgrade.Verdict) {
	fmt.Fprintln(w, v)
	for _, phase := range upgrade.Phases() {
		took := "-"
		if v.Took[phase] > 0 {
			took = milliseconds(v.Took[phase])
		}
		line := fmt.Sprintf("  %-8s %10s", phase, took)
		if phase == upgrade.Dial && v.Peer != "" {
			line += "  " + v.Peer
		}
		fmt.Fprintln(w, line)
	}
}

// printMore prints how the connection was left, what was sent, and what a plain GET gets.
func printMore(ctx context.Context, w io.Writer, prober *upgrade.Prober, left upgrade.Left, secrets bool) {
	fmt.Fprintf(w, "  %-8s %10s  %s\n", "left", milliseconds(left.Took), left.How)
	fmt.Fprintln(w, "sent:")
	for line := range strings.Lines(strings.TrimSpace(prober.Handshake(secrets))) {
		fmt.Fprintln(w, " ", strings.TrimSpace(line))
	}
	fmt.Fprintln(w, "a plain GET, as a gateway without wshealthz sends it, gets:")
	fmt.Fprintln(w, " ", prober.PlainGet(ctx))
	prober.Wait(context.Background())
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000)
}
