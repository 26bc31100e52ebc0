package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"wshealthz/internal/config"
	"wshealthz/internal/doctor"
	"wshealthz/upgrade"
)

// retryPause is the time between a verdict and the next try of check -wait.
const retryPause = 250 * time.Millisecond

type checkOptions struct {
	wait    time.Duration
	verbose bool
	json    bool // replaces all other output
	secrets bool
	find    bool
	url     string
}

// check probes once, or with -wait until the server is healthy or the time is up, and prints the last verdict.
func check(ctx context.Context, i *invocation) int {
	o, err := parseCheck(i.args)
	if err == flag.ErrHelp {
		return help(ctx, i)
	}
	if err != nil {
		return i.misused(err.Error())
	}
	c, faults := config.Load(i.environ, o.url, i.build.Version)
	if len(faults) > 0 {
		return i.misconfigured(faults)
	}
	c.Log = newLogger(c, i.stderr)
	report := doctor.NewReport(&c.Target, gatewayOf(c, c.Listen), i.build.Version)
	report.ShowSecrets = o.secrets
	probeUntil(ctx, c, o, report)
	palette := doctor.PaletteFor(i.stdout, i.environ)
	switch {
	case o.json:
		examine(ctx, c, o, report)
		report.Found = i.find(ctx, c, o, report, nil)
		report.WriteJSON(i.stdout)
	case o.verbose:
		report.WriteVerdict(i.stdout, palette) // at once: what a plain GET gets may take its time
		examine(ctx, c, o, report)
		report.WriteDetails(i.stdout, palette)
		i.findAndPrint(ctx, c, o, report, palette)
	default:
		report.WriteVerdict(i.stdout, doctor.Palette{})
		i.findAndPrint(ctx, c, o, report, doctor.Palette{})
	}
	if report.Verdict.Healthy() {
		return ExitOK
	}
	return ExitFailure
}

// probeUntil probes until the server is healthy, the time of -wait is up or ctx is canceled, and puts the last probe into the
// report. The next try comes retryPause after a verdict, however long the server takes to close; the end waits for all of
// that.
func probeUntil(ctx context.Context, c *config.Config, o checkOptions, report *doctor.Report) {
	end := time.Now().Add(o.wait)
	var probers []*upgrade.Prober
	for {
		var closed upgrade.CloseResult
		prober := &upgrade.Prober{Target: c.Target, Log: c.Log, ShowSecrets: o.secrets}
		prober.Closed = func(v upgrade.Verdict, result upgrade.CloseResult) {
			closed = result
			c.Log.Debug("probe", probeFields(v, result)...)
		}
		report.Messages = doctor.Messages{}
		if o.verbose || o.json { // a trace of a flood costs the time in which the rest of it could be read
			prober.Trace = report.Messages.Add
		}
		probers = append(probers, prober)
		report.Verdict = prober.Probe(ctx)
		if report.Verdict.Healthy() || ctx.Err() != nil || time.Now().Add(retryPause).After(end) {
			for _, p := range probers {
				p.Wait(context.Background())
			}
			report.Close = closed
			for _, m := range closed.After {
				report.Messages.Add(m)
			}
			return
		}
		select {
		case <-time.After(time.Until(report.Verdict.At.Add(retryPause))):
		case <-ctx.Done():
		}
	}
}

// examine adds to the report what else can be known, and what a plain GET to the target gets.
func examine(ctx context.Context, c *config.Config, o checkOptions, report *doctor.Report) {
	report.Listening = doctor.ListeningOf(&c.Target)
	prober := &upgrade.Prober{Target: c.Target, Log: c.Log, ShowSecrets: o.secrets}
	response := prober.PlainGet(ctx)
	prober.Wait(context.Background())
	if ctx.Err() == nil {
		report.PlainGet = &response
	}
}

// withoutURL returns the error of a flag without the secrets of what may have been meant as a URL: package flag quotes it.
func withoutURL(err error, args []string) error {
	text := err.Error()
	for _, arg := range args {
		_, value, _ := strings.Cut(arg, "=")
		for _, raw := range []string{arg, value} {
			if raw != "" {
				text = strings.ReplaceAll(text, raw, config.RedactURL(raw))
			}
		}
	}
	return errors.New(text)
}

// parseCheck takes flags before and after the URL.
func parseCheck(args []string) (checkOptions, error) {
	var o checkOptions
	flags := flag.NewFlagSet("check", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.DurationVar(&o.wait, "wait", 0, "")
	flags.BoolVar(&o.verbose, "v", false, "")
	flags.BoolVar(&o.json, "json", false, "")
	flags.BoolVar(&o.find, "find", false, "")
	flags.BoolVar(&o.secrets, "secrets", false, "")
	for {
		if err := flags.Parse(args); err == flag.ErrHelp {
			return o, err
		} else if err != nil {
			return o, withoutURL(err, args)
		}
		if args = flags.Args(); len(args) == 0 {
			break
		}
		if o.url != "" || args[0] == "" {
			return o, fmt.Errorf("check takes one URL, not %s too", quoteURL(args[0]))
		}
		o.url, args = args[0], args[1:]
	}
	if o.wait < 0 {
		return o, fmt.Errorf("-wait %s is below 0", o.wait)
	}
	return o, nil
}
