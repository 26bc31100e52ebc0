package main

import (
	"io"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// newLogger logs to w, a line each. A level or format that is none of zap's is a fault elsewhere; here it is the
// default.
func newLogger(level, format string, w io.Writer) *zap.Logger {
	config := zapcore.EncoderConfig{
		TimeKey: "time", LevelKey: "level", MessageKey: "msg", NameKey: "logger",
		EncodeTime:     zapcore.RFC3339NanoTimeEncoder,
		EncodeLevel:    zapcore.LowercaseLevelEncoder,
		EncodeDuration: zapcore.StringDurationEncoder,
	}
	encoder := zapcore.NewJSONEncoder(config)
	if format == "console" {
		encoder = zapcore.NewConsoleEncoder(config)
	}
	at, err := zapcore.ParseLevel(level)
	if err != nil {
		at = zapcore.InfoLevel
	}
	return zap.New(zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(w)), at))
}

const (
	queued     = 256                    // lines that wait for a slow reader of the log
	flushBound = 500 * time.Millisecond // for those that are left at the end
)

// A queue writes lines one after the other and makes nobody wait: when the reader of the log is stuck and the queue
// full, lines are lost, and no verdict.
type queue struct {
	items chan item
}

type item struct {
	line []byte
	last chan struct{} // closed by the writer, which ends then
}

func newQueue(w io.Writer) *queue {
	q := &queue{make(chan item, queued)}
	go func() {
		for i := range q.items {
			if i.last != nil {
				close(i.last)
				return
			}
			w.Write(i.line)
		}
	}()
	return q
}

// Write never fails and never waits. It keeps a copy of p.
func (q *queue) Write(p []byte) (int, error) {
	select {
	case q.items <- item{line: append([]byte(nil), p...)}:
	default:
	}
	return len(p), nil
}

// flush waits for what is queued, at most flushBound, and ends the writer.
func (q *queue) flush() {
	end := time.After(flushBound)
	last := item{last: make(chan struct{})}
	select {
	case q.items <- last:
	case <-end:
		return
	}
	select {
	case <-last.last:
	case <-end:
	}
}
