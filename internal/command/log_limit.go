package command

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

const (
	limitedLines = 10 // of one kind in limitWindow
	limitWindow  = time.Minute
)

// limitChanges returns a logger for lines each of which tells a change, so that the last one tells how things are. It writes
// at most 10 a minute. More are summed up in one line at the end of the minute, "flapping": how many changes there were in
// that minute, "between" which values of the field of this name, what is so "now", and the last change's fields. Lines with
// different values of the field per are limited separately. Either name may be "".
//
// A timer writes the sum, not the next change: nothing may change any more, and nobody may ask. Sync writes it early.
//
// Neither golang.org/x/time/rate nor zap's sampler does this: they tell what to drop, and the sum, the last state and its
// time are the work. The sampler also takes 0.5 MB for its counters.
func limitChanges(log *zap.Logger, per, between string) *zap.Logger {
	return log.WithOptions(zap.WrapCore(func(core zapcore.Core) zapcore.Core {
		return &limitedCore{core, &changeLimit{per: per, between: between, kinds: map[string]*changeWindow{}}}
	}))
}

type limitedCore struct {
	zapcore.Core
	limit *changeLimit
}

// A changeLimit is what a limitedCore shares with those that its With returns.
type changeLimit struct {
	per, between string
	mu           sync.Mutex
	kinds        map[string]*changeWindow // by the value of the field per
}

// A changeWindow is a minute of lines of one kind. It begins with a line.
type changeWindow struct {
	end     time.Time
	lines   int      // that were written
	changes int      // in all
	values  []string // of the field between

	// What is to be summed up:
	timer *time.Timer // at end; nil: nothing is
	core  zapcore.Core
	level zapcore.Level // the highest
	last  zapcore.Entry
	with  []zapcore.Field // the last's fields
}

// Enabled is true for every level: what is left out of the log is a change too.
func (c *limitedCore) Enabled(zapcore.Level) bool { return true }

func (c *limitedCore) With(fields []zapcore.Field) zapcore.Core {
	return &limitedCore{c.Core.With(fields), c.limit}
}

func (c *limitedCore) Check(e zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	return checked.AddCore(e, c)
}

// Write writes the line, or keeps it for the sum.
func (c *limitedCore) Write(e zapcore.Entry, fields []zapcore.Field) error {
	l := c.limit
	l.mu.Lock()
	defer l.mu.Unlock()
	kind := fmt.Sprint(valuesOf(fields, l.per))
	w := l.kinds[kind]
	if w == nil || w.timer == nil && !e.Time.Before(w.end) {
		w = &changeWindow{end: e.Time.Add(limitWindow)}
		l.kinds[kind] = w
	}
	w.changes++
	for _, value := range valuesOf(fields, l.between) {
		if !slices.Contains(w.values, value) {
			w.values = append(w.values, value)
		}
	}
	if w.lines < limitedLines {
		if !c.Core.Enabled(e.Level) {
			return nil
		}
		if w.lines++; w.lines == limitedLines {
			fields = append(slices.Clone(fields), zap.String("note", "more changes are summed up after "+limitWindow.String()))
		}
		return c.Core.Write(e, fields)
	}
	if w.timer == nil {
		w.level = e.Level
		w.timer = time.AfterFunc(w.end.Sub(e.Time), func() { l.sum(w) })
	}
	w.core, w.level, w.last, w.with = c.Core, max(w.level, e.Level), e, slices.Clone(fields)
	return nil
}

// Sync writes the sums that are due later.
func (c *limitedCore) Sync() error {
	c.limit.mu.Lock()
	windows := slices.Collect(maps.Values(c.limit.kinds))
	c.limit.mu.Unlock()
	for _, w := range windows {
		c.limit.sum(w)
	}
	return c.Core.Sync()
}

// sum writes what is to be summed up.
func (l *changeLimit) sum(w *changeWindow) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w.timer == nil {
		return
	}
	w.timer.Stop()
	w.timer = nil
	if !w.core.Enabled(w.level) {
		return
	}
	fields := []zapcore.Field{zap.Int("changes", w.changes)}
	if len(w.values) > 0 {
		fields = append(fields, zap.Strings("between", w.values))
	}
	fields = append(fields, zap.String("now", w.last.Message))
	line := zapcore.Entry{Level: w.level, Time: time.Now(), Message: "flapping", LoggerName: w.last.LoggerName}
	w.core.Write(line, append(fields, w.with...))
}

// valuesOf returns what a field holds as text, one by one when it is a list; nothing without such a field.
func valuesOf(fields []zapcore.Field, name string) (values []string) {
	for _, f := range fields {
		if f.Key != name {
			continue
		}
		encoded := zapcore.NewMapObjectEncoder()
		f.AddTo(encoded)
		if list, ok := encoded.Fields[name].([]any); ok {
			for _, v := range list {
				values = append(values, fmt.Sprint(v))
			}
			continue
		}
		values = append(values, fmt.Sprint(encoded.Fields[name]))
	}
	return values
}
