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
	json    bool // instead of all else
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
	switch {
	case o.json:
		diagnose(ctx, c, verdict, seen, o.secrets).printJSON(stdout)
	case o.verbose:
		p := paletteFor(stdout, environ)
		printPainted(stdout, verdict, p) // at once: what a plain GET gets may take its time
		diagnose(ctx, c, verdict, seen, o.secrets).print(stdout, p)
	default:
		printCheck(stdout, verdict)
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

// seen is what check -v and -json show of a probe beside its verdict.
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
	flags.BoolVar(&o.json, "json", false, "")
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
		fmt.Fprintln(w, phaseLine(v, phase))
	}
}

// phaseLine is a phase with its time, and the peer that was dialed.
func phaseLine(v upgrade.Verdict, phase upgrade.Phase) string {
	took, peer := "-", ""
	if v.Took[phase] > 0 {
		took = milliseconds(v.Took[phase])
	}
	if phase == upgrade.Dial {
		peer = v.Peer
	}
	return factLine(phase.String(), took, peer)
}

// factLine is what is known of one thing: its name, a number, and words or none.
func factLine(name, number, words string) string {
	return strings.TrimRight(fmt.Sprintf("  %-8s %10s  %s", name, number, words), " ")
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000)
}
