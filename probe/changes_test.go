package probe

import (
	"context"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"wshealthz/upgrade"
)

// TestLogChanges: a line for each change, and none for anything else.
func TestLogChanges(t *testing.T) {
	core, lines := observer.New(zapcore.DebugLevel)
	var verdict upgrade.Verdict
	observed := LogChanges(func(context.Context) upgrade.Verdict { return verdict }, zap.New(core))
	start := time.Now()
	for i, step := range []struct {
		reason upgrade.Reason
		level  zapcore.Level // of the line
		none   bool
		old    bool // the verdict is older than the last one
	}{
		{reason: upgrade.Refused, level: zapcore.InfoLevel},
		{reason: upgrade.Refused, none: true},
		{reason: upgrade.BadStatus, level: zapcore.InfoLevel},
		{reason: upgrade.Canceled, none: true},
		{reason: upgrade.OK, level: zapcore.InfoLevel},
		{reason: upgrade.OK, none: true},
		{reason: upgrade.BadStatus, none: true, old: true},
		{reason: upgrade.UpgradeTimeout, level: zapcore.WarnLevel},
		{reason: upgrade.HungUp, level: zapcore.WarnLevel},
		{reason: upgrade.OK, level: zapcore.InfoLevel},
		{reason: upgrade.Draining, level: zapcore.WarnLevel},
		{reason: upgrade.Draining, none: true},
	} {
		verdict = upgrade.Verdict{Reason: step.reason, Detail: "detail", Hint: step.reason.Hint(), At: start.Add(time.Duration(i) * time.Second)}
		if step.old {
			verdict.At = start
		}
		observed(t.Context())
		got := lines.TakeAll()
		if step.none {
			if len(got) != 0 {
				t.Errorf("step %d, %v: logged %v, want nothing", i, step.reason, got[0].Entry)
			}
			continue
		}
		if len(got) != 1 || got[0].Level != step.level {
			t.Fatalf("step %d, %v: logged %v, want one line with %v", i, step.reason, got, step.level)
		}
		fields := got[0].ContextMap()
		if fields["reason"] != step.reason.String() || (fields["hint"] == nil) != (step.reason == upgrade.OK) || (fields["phase"] == nil) != (step.reason.Phase() == upgrade.NoPhase) {
			t.Errorf("step %d: logged %v", i, fields)
		}
	}
}
