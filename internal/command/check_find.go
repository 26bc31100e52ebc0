package command

import (
	"context"

	"wshealthz/internal/config"
	"wshealthz/internal/doctor"
	"wshealthz/upgrade"
)

// findAndPrint prints each try of the search that -find asks for, and what was found.
func (i *invocation) findAndPrint(ctx context.Context, c *config.Config, o checkOptions, report *doctor.Report, p doctor.Palette) {
	found := i.find(ctx, c, o, report, func(number int, t doctor.Try) {
		if number == 1 {
			doctor.WriteSearch(i.stdout, p)
		}
		doctor.WriteTry(i.stdout, p, number, t)
	})
	if found != nil {
		found.WriteText(i.stdout, p)
	}
}

// find searches for settings with which the server is healthy, if -find is set and it is not. It returns nil without a
// search.
func (i *invocation) find(ctx context.Context, c *config.Config, o checkOptions, report *doctor.Report, tried func(int, doctor.Try)) *doctor.Found {
	if !o.find || report.Verdict.Healthy() || ctx.Err() != nil {
		return nil
	}
	search := &doctor.Search{Target: &c.Target, Verdict: report.Verdict, Tried: tried}
	for _, s := range c.Settings {
		search.Environment = append(search.Environment, doctor.Setting(s))
	}
	search.Configure = func(changes []doctor.Change) (*upgrade.Prober, bool) {
		values := map[string]string{}
		for _, change := range changes {
			values[change.Name] = change.Value
		}
		changed, faults := config.LoadWith(i.environ, o.url, i.build.Version, values)
		prober := &upgrade.Prober{Target: changed.Target, Log: c.Log}
		prober.Closed = func(v upgrade.Verdict, result upgrade.CloseResult) {
			c.Log.Debug("probe", probeFields(v, result)...)
		}
		return prober, len(faults) == 0
	}
	return search.Run(ctx)
}
