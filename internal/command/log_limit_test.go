package command

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"wshealthz/probe"
	"wshealthz/upgrade"
)

// flap returns the next of some verdicts in turns, through LogChanges to a log that is limited.
func flap(level zapcore.Level, reasons ...upgrade.Reason) (next probe.Probe, log *zap.Logger, lines *observer.ObservedLogs) {
	core, lines := observer.New(level)
	log = limitChanges(zap.New(core), "", "reason")
	turn := 0
	return probe.LogChanges(func(context.Context) upgrade.Verdict {
		time.Sleep(time.Millisecond) // of fake time: verdicts of one moment are one
		reason := reasons[turn%len(reasons)]
		turn++
		return upgrade.NewVerdict(reason, "detail")
	}, log), log, lines
}

// describe returns a line of the log in short.
func describe(line observer.LoggedEntry) string {
	text := line.Level.String() + " " + line.Message
	for _, name := range []string{"changes", "between", "now", "variables", "reason", "note"} {
		if value, found := line.ContextMap()[name]; found {
			text += fmt.Sprintf(" %s=%v", name, value)
		}
	}
	return text
}

// expectLines compares what was logged since the last call, in short.
func expectLines(t *testing.T, lines *observer.ObservedLogs, want ...string) {
	t.Helper()
	var got []string
	for _, line := range lines.TakeAll() {
		got = append(got, describe(line))
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("logged\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestFlappingServer: ten changes a minute are logged and the others summed up, the last line tells the last verdict
// although nobody asks any more, and after that changes are logged as ever.
func TestFlappingServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		next, _, lines := flap(zapcore.InfoLevel, upgrade.OK, upgrade.BadStatus, upgrade.Refused)
		const ok, badStatus, refused = "info healthy reason=ok", "warn unhealthy reason=bad_status", "warn unhealthy reason=refused"
		for range 3 {
			for range 594 {
				next(t.Context())
				time.Sleep(99 * time.Millisecond)
			}
			time.Sleep(time.Second)
			expectLines(t, lines, ok, badStatus, refused, ok, badStatus, refused, ok, badStatus, refused, ok+" note=more changes are summed up after 1m0s",
				"warn flapping changes=594 between=[ok bad_status refused] now=unhealthy reason=refused")
		}
		for range 11 {
			next(t.Context())
		}
		if n := len(lines.TakeAll()); n != 10 {
			t.Errorf("%d lines, want 10 at once", n)
		}
		time.Sleep(time.Hour)
		expectLines(t, lines, "warn flapping changes=11 between=[ok bad_status refused] now=unhealthy reason=bad_status")
		for _, want := range []string{refused, ok} {
			next(t.Context())
			time.Sleep(time.Hour)
			expectLines(t, lines, want)
		}
	})
}

// TestFlappingAtLevelWarn: the lines that the level leaves out take no place of others, and count when the sum tells how
// things are now.
func TestFlappingAtLevelWarn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		next, _, lines := flap(zapcore.WarnLevel, upgrade.OK, upgrade.Refused)
		for range 30 {
			next(t.Context())
		}
		next(t.Context())
		if n := lines.FilterLevelExact(zapcore.WarnLevel).Len(); n != 10 || lines.Len() != n {
			t.Errorf("%d lines, %d of them warnings, want 10 warnings at once", lines.Len(), n)
		}
		lines.TakeAll()
		time.Sleep(time.Hour)
		expectLines(t, lines, "warn flapping changes=31 between=[ok refused] now=healthy reason=ok")
	})
}

// TestSyncOfALimitedLog writes at once what is to be summed up, and once.
func TestSyncOfALimitedLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		next, log, lines := flap(zapcore.InfoLevel, upgrade.OK, upgrade.Refused)
		for range 12 {
			next(t.Context())
		}
		lines.TakeAll()
		log.Sync()
		expectLines(t, lines, "warn flapping changes=12 between=[ok refused] now=unhealthy reason=refused")
		log.Sync()
		time.Sleep(time.Hour)
		expectLines(t, lines)
	})
}

// TestFlappingFile takes no place of another file's lines, and the sum has its variables.
func TestFlappingFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, lines := observer.New(zapcore.InfoLevel)
		log := limitChanges(zap.New(core), "variables", "")
		pair, one := zap.Strings("variables", []string{"CERT", "KEY"}), zap.Strings("variables", []string{"HEADERS"})
		for range 20 {
			log.Warn("bad", one)
			log.Info("good", one)
		}
		lines.TakeAll()
		log.With(zap.Int("with", 1)).Warn("bad", pair)
		expectLines(t, lines, "warn bad variables=[CERT KEY]")
		time.Sleep(time.Hour)
		expectLines(t, lines, "warn flapping changes=40 now=good variables=[HEADERS]")
	})
}
