package probe

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"wshealthz/upgrade"
)

// Journal is probe with a line in the log for each change: when health, phase or reason differ from the last
// line's. The first verdict is a change. Unhealthy is a warning, but information before the first healthy verdict:
// the server is starting. Canceled verdicts are nobody's health and not logged.
func Journal(probe Probe, log *zap.Logger) Probe {
	j := &journal{log: log}
	return func(ctx context.Context) upgrade.Verdict {
		verdict := probe(ctx)
		j.note(verdict)
		return verdict
	}
}

type journal struct {
	log *zap.Logger

	mu         sync.Mutex
	last       upgrade.Reason // it tells phase and health
	at         time.Time      // of the last verdict that was judged here; zero: none
	wasHealthy bool
}

func (j *journal) note(v upgrade.Verdict) {
	j.mu.Lock() // also for the line, so that the last line is the last change; the log must not wait for its reader
	defer j.mu.Unlock()
	if level, message, changed := j.changed(v); changed {
		j.log.Log(level, message, VerdictFields(v)...)
	}
}

func (j *journal) changed(v upgrade.Verdict) (level zapcore.Level, message string, changed bool) {
	// Callers of one verdict come here in any order: an older verdict behind a newer one is no change.
	if v.Reason == upgrade.Canceled || !v.At.After(j.at) {
		return level, "", false
	}
	first := j.at.IsZero()
	j.at = v.At
	if !first && v.Reason == j.last {
		return level, "", false
	}
	j.last = v.Reason
	level, message = zapcore.InfoLevel, "healthy"
	if !v.Healthy() {
		message = "unhealthy"
		if j.wasHealthy {
			level = zapcore.WarnLevel
		}
	}
	j.wasHealthy = j.wasHealthy || v.Healthy()
	return level, message, true
}

// VerdictFields is a verdict for a log: reason, and phase, detail and hint where it has them.
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
