package config

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"

	"go.uber.org/zap"
)

// maxFile bounds the size of a file that is read, in bytes.
const maxFile = 1 << 20

// A reloader holds a value that is made from files, and makes it again when their contents change. Contents are compared,
// not times: a file can be written again within the granularity of its file system's clock. Kubernetes updates a Secret by
// swapping a symlink, so files are opened through it each time.
type reloader[T any] struct {
	variables []*Variable // that name the files
	parse     func(contents [][]byte) (T, error)
	config    *Config // whose Log gets a warning about bad contents

	mu     sync.Mutex
	value  T
	last   look
	buffer [4 << 10]byte // to compare files with, so that nothing is allocated for one that did not change
}

// A look is what the files held when they were last read.
type look struct {
	contents [][]byte
	err      string // why they could not be read, "" when they could be
}

func (l look) equal(other look) bool {
	return l.err == other.err && slices.EqualFunc(l.contents, other.contents, bytes.Equal)
}

// newReloader reads the files for the first time.
func newReloader[T any](config *Config, variables []*Variable, parse func([][]byte) (T, error)) (*reloader[T], error) {
	r := &reloader[T]{variables: variables, parse: parse, config: config}
	var err error
	r.value, _, err = r.load()
	return r, err
}

// get returns the value of the files as they are now. When they are gone or bad it returns the last good one, and logs why
// once per change.
func (r *reloader[T]) get() T {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch value, changed, err := r.load(); {
	case !changed:
	case err == nil:
		r.value = value
	default:
		var names []string
		for _, v := range r.variables {
			names = append(names, v.Name)
		}
		r.config.Log.Warn("a file is bad, the last good content stays in use", zap.Strings("variables", names), zap.Error(err))
	}
	return r.value
}

// load reads the files, and parses them when they changed. Files that change together, such as a certificate and its key,
// may be seen half-changed: what is bad is read again, three times at most, until two looks agree.
func (r *reloader[T]) load() (value T, changed bool, err error) {
	now, err := r.look()
	if now.equal(r.last) {
		return r.value, false, nil
	}
	for try := 1; ; try++ {
		if err == nil {
			value, err = r.parse(now.contents)
		}
		if err == nil {
			break
		}
		again, againErr := r.look()
		if try == 3 || again.equal(now) {
			break
		}
		now, err = again, againErr
	}
	r.last = now
	return value, true, err
}

func (r *reloader[T]) look() (look, error) {
	now := look{contents: make([][]byte, len(r.variables))}
	for i, v := range r.variables {
		var last []byte
		if r.last.contents != nil {
			last = r.last.contents[i]
		}
		var err error
		if now.contents[i], err = readFile(*v.value, last, r.buffer[:]); err != nil {
			return look{err: err.Error()}, err
		}
	}
	return now, nil
}

// readFile reads a regular file of at most maxFile bytes. It returns last itself when the file still holds that. Opening
// does not wait: a FIFO, which has no writer, is refused like a directory or a device.
func readFile(path string, last, buffer []byte) ([]byte, error) {
	file, err := os.OpenFile(path, openFlags, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a regular file", path)
	case info.Size() > maxFile:
		return nil, fmt.Errorf("%s is over %d bytes", path, maxFile)
	case holds(file, last, buffer):
		return last, nil
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err == nil && len(content) > maxFile {
		err = fmt.Errorf("%s is over %d bytes", path, maxFile)
	}
	return content, err
}

// holds reports whether in holds exactly want.
func holds(in io.Reader, want, buffer []byte) bool {
	for {
		n, err := in.Read(buffer)
		if n > len(want) || !bytes.Equal(buffer[:n], want[:n]) {
			return false
		}
		if want = want[n:]; err != nil {
			return err == io.EOF && len(want) == 0
		}
	}
}
