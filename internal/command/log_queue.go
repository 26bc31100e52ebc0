package command

import (
	"io"
	"time"
)

const (
	queuedLines  = 256                    // lines that wait for a slow reader of the log
	flushTimeout = 500 * time.Millisecond // for the lines that are left at the end
)

// A logQueue writes lines one after the other and never makes the writer of a line wait: when the reader of the log is
// stuck and the queue is full, lines are lost, but no verdict is late.
type logQueue struct {
	lines chan queuedLine
}

type queuedLine struct {
	text []byte
	last chan struct{} // not nil: there is no text, the queue ends here and closes it
}

func newLogQueue(w io.Writer) *logQueue {
	q := &logQueue{make(chan queuedLine, queuedLines)}
	go func() {
		for line := range q.lines {
			if line.last != nil {
				close(line.last)
				return
			}
			w.Write(line.text)
		}
	}()
	return q
}

// Write never fails and never waits. It keeps a copy of p.
func (q *logQueue) Write(p []byte) (int, error) {
	select {
	case q.lines <- queuedLine{text: append([]byte(nil), p...)}:
	default:
	}
	return len(p), nil
}

// flush waits for the queued lines, at most flushTimeout, and ends the queue.
func (q *logQueue) flush() {
	timeout := time.After(flushTimeout)
	end := queuedLine{last: make(chan struct{})}
	select {
	case q.lines <- end:
	case <-timeout:
		return
	}
	select {
	case <-end.last:
	case <-timeout:
	}
}
