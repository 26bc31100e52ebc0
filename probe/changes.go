package probe

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"wshealthz/upgrade"
)

// LogChanges wraps probe and logs a line whenever health, phase or reason differ from the last line's. The first verdict is
// a change. Unhealthy is a warning, but info before the first healthy verdict: the server is starting. Canceled verdicts say
// nothing about the server and are not logged.
func LogChanges(probe Probe, log *zap.Logger) Probe {
	c := &changes{log: log}
	return func(ctx context.Context) upgrade.Verdict {
		verdict := probe(ctx)
		c.observe(verdict)
		return verdict
	}
}

type changes struct {
	log *zap.Logger

	mu         sync.Mutex
	last       upgrade.Reason // determines phase and health
	at         time.Time      // of the newest verdict that was observed; zero: none
	wasHealthy bool
}

func (c *changes) observe(v upgrade.Verdict) {
	c.mu.Lock() // held while the line is written, so that the last line is the last change; the log must not wait for its reader
	defer c.mu.Unlock()
	if level, message, changed := c.changed(v); changed {
		c.log.Log(level, message, VerdictFields(v)...)
	}
}

func (c *changes) changed(v upgrade.Verdict) (level zapcore.Level, message string, changed bool) {
	// Callers of one verdict come here in any order: an older verdict after a newer one is not a change.
	if v.Reason == upgrade.Canceled || !v.At.After(c.at) {
		return level, "", false
	}
	first := c.at.IsZero()
	c.at = v.At
	if !first && v.Reason == c.last {
		return level, "", false
	}
	c.last = v.Reason
	level, message = zapcore.InfoLevel, "healthy"
	if !v.Healthy() {
		message = "unhealthy"
		if c.wasHealthy {
			level = zapcore.WarnLevel
		}
	}
	c.wasHealthy = c.wasHealthy || v.Healthy()
	return level, message, true
}

// VerdictFields returns a verdict's fields for a log: reason, and phase, detail and hint where it has them.
func VerdictFields(v upgrade.Verdict) []zap.Field {
	fields := []zap.Field{zap.Stringer("reason", v.Reason)}
	if phase := v.Reason.Phase(); phase != upgrade.NoPhase {
		fields = append(fields, zap.Stringer("phase", phase))
	}
	if !v.Healthy() {
		fields = append(fields, zap.String("detail", v.Detail), zap.String("hint", v.Hint))
	}
	return fields
}
