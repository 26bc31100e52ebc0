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
	verdict, seen := probeUntil(ctx, c, o)
	printCheck(stdout, verdict)
	if o.verbose {
		printMore(ctx, stdout, c, seen, o.secrets)
	}
	return exitCode(verdict)
}

// probeUntil probes until the server is healthy, the time of -wait is up or ctx is canceled. The next try comes
// retryPause after a verdict, however long the server takes to let go; the end waits for all of that.
func probeUntil(ctx context.Context, c *config, o checkOptions) (upgrade.Verdict, seen) {
	end := time.Now().Add(o.wait)
	var probers []*upgrade.Prober
	for {
		var s seen
		prober := &upgrade.Prober{Target: c.target, Log: c.log, ShowSecrets: o.secrets}
		prober.Done = func(v upgrade.Verdict, left upgrade.Left) {
			s.left = left
			c.log.Debug("probe", probeFields(v, left)...)
		}
		prober.Trace = func(line upgrade.Line) { s.lines = append(s.lines, line) }
		probers = append(probers, prober)
		verdict := prober.Probe(ctx)
		if verdict.Healthy() || ctx.Err() != nil || time.Now().Add(retryPause).After(end) {
			for _, p := range probers {
				p.Wait(context.Background())
			}
			return verdict, s
		}
		select {
		case <-time.After(time.Until(verdict.At.Add(retryPause))):
		case <-ctx.Done():
		}
	}
}

// seen is what check -v shows of a probe beside its verdict.
type seen struct {
	lines []upgrade.Line
	left  upgrade.Left
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
			return o, fmt.Errorf("check takes one URL, not %s too", shownURL(args[0]))
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

// printMore prints how the connection was left, what was said, and what a plain GET gets.
func printMore(ctx context.Context, w io.Writer, c *config, s seen, secrets bool) {
	prober := &upgrade.Prober{Target: c.target, Log: c.log, ShowSecrets: secrets}
	fmt.Fprintf(w, "  %-8s %10s  %s\n", "left", milliseconds(s.left.Took), s.left.How)
	fmt.Fprintln(w, "sent:")
	for line := range strings.Lines(strings.TrimSpace(prober.Handshake(secrets))) {
		fmt.Fprintln(w, " ", strings.TrimSpace(line))
	}
	if len(s.lines) > 0 {
		fmt.Fprintln(w, "messages, with the time since the probe began:")
	}
	for _, line := range s.lines {
		fmt.Fprintln(w, " ", messageLine(line, secrets))
	}
	fmt.Fprintln(w, "a plain GET, as a gateway without wshealthz sends it, gets:")
	fmt.Fprintln(w, " ", prober.PlainGet(ctx))
	prober.Wait(context.Background())
}

// messageLine is one message: when, which way, kind, and what it holds.
func messageLine(line upgrade.Line, secrets bool) string {
	way, payload := "came", line.Payload
	if line.Sent {
		way = "sent"
	}
	if line.Secret && !secrets {
		payload = "…"
	}
	return fmt.Sprintf("%10s  %s %-6s %s", milliseconds(line.At), way, line.Kind, payload)
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000)
}
