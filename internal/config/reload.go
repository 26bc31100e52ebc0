package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"go.uber.org/zap"
)

const (
	maxFile = 1 << 20               // bytes of a file that is read
	racy    = 50 * time.Millisecond // a file that changed less long ago may change again and look the same
)

// watched is a value that is made of files, and made again when they change. Kubernetes swaps a symlink to update
// a Secret, so the files are looked at through it.
type watched[T any] struct {
	names []string // of the variables, for messages
	paths []string
	parse func(contents [][]byte) (T, error)
	log   *zap.Logger

	mu      sync.Mutex
	value   T
	seen    []fileState
	settled bool   // seen is older than the clock of the file system is coarse
	told    string // the error that was logged last, and for which states
	toldOf  []fileState
}

// fileState tells one content of a file from another without reading it.
type fileState struct {
	device, inode uint64
	size          int64
	modified      syscall.Timespec
	changed       syscall.Timespec
	err           string
}

// watch reads the files for the first time.
func watch[T any](names, paths []string, log *zap.Logger, parse func([][]byte) (T, error)) (*watched[T], error) {
	w := &watched[T]{names: names, paths: paths, parse: parse, log: log}
	var err error
	w.value, err = w.load()
	return w, err
}

// get is the value of the files as they are now. When they are gone or bad it is the last good one, and the log
// says so once.
func (w *watched[T]) get() T {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.settled && slices.Equal(w.seen, states(w.paths)) {
		return w.value
	}
	value, err := w.load()
	if err == nil {
		w.value, w.told, w.toldOf = value, "", nil
		return value
	}
	if text := err.Error(); text != w.told || !slices.Equal(w.seen, w.toldOf) {
		w.told, w.toldOf = text, w.seen
		w.log.Warn("a file is bad, the last good content stays in use", zap.Strings("variables", w.names), zap.Error(err))
	}
	return w.value
}

// load reads and parses, again when the files changed meanwhile: a certificate and its key change together.
func (w *watched[T]) load() (value T, err error) {
	for range 3 {
		now := time.Now()
		w.seen = states(w.paths)
		value, err = w.read()
		if slices.Equal(w.seen, states(w.paths)) {
			w.settled = !slices.ContainsFunc(w.seen, func(s fileState) bool { return now.Sub(time.Unix(s.changed.Unix())) < racy })
			return value, err
		}
	}
	w.settled = false
	return value, err
}

func (w *watched[T]) read() (value T, err error) {
	contents := make([][]byte, len(w.paths))
	for i, path := range w.paths {
		if contents[i], err = readFile(path); err != nil {
			return value, err
		}
	}
	return w.parse(contents)
}

// readFile reads a regular file of at most maxFile bytes: a pipe or a device would keep a probe waiting.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err == nil && len(content) > maxFile {
		err = fmt.Errorf("%s is over %d bytes", path, maxFile)
	}
	return content, err
}

func states(paths []string) []fileState {
	list := make([]fileState, len(paths))
	for i, path := range paths {
		var stat syscall.Stat_t
		err := syscall.Stat(path, &stat)
		for errors.Is(err, syscall.EINTR) {
			err = syscall.Stat(path, &stat)
		}
		if err != nil {
			list[i].err = err.Error()
			continue
		}
		list[i] = fileState{device: uint64(stat.Dev), inode: stat.Ino, size: stat.Size, modified: stat.Mtim, changed: stat.Ctim}
	}
	return list
}
