package config

import (
	"bytes"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"

	"go.uber.org/zap"
)

// A look is what the files held when they were last read.
type look struct {
	contents [][]byte
	err      string // why they could not be read, "" when they could be
}

func (l look) equal(other look) bool {
	return l.err == other.err && slices.EqualFunc(l.contents, other.contents, bytes.Equal)
}

// load reads the files, and parses them when they changed. Files that change together, such as a certificate and its key,
// may be seen half-changed: what is bad is read again, three times at most, until two looks agree.
func (r *reloader[T]) load() (value T, changed bool, err error) {
	now, err := r.look()
	if now.equal(r.last) {
		return value, false, nil
	}
	for try := 1; ; try++ {
		if err == nil {
			value, err = r.tryParse(now.contents)
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

// tryParse parses the contents. A panic is an error: nothing that is in a file may end the process.
func (r *reloader[T]) tryParse(contents [][]byte) (value T, err error) {
	defer func() {
		if p := recover(); p != nil {
			r.config.Log.Error("panic in parsing a file", r.names(), zap.String("panic", fmt.Sprint(p)), zap.ByteString("stack", debug.Stack()))
			err = errors.New("panic in parsing it")
		}
	}()
	return r.parse(contents)
}

func (r *reloader[T]) look() (look, error) {
	now := look{contents: make([][]byte, len(r.variables))}
	for i, v := range r.variables {
		var last []byte
		if r.last.contents != nil {
			last = r.last.contents[i]
		}
		var err error
		if now.contents[i], err = r.read(*v.value, last, r.buffer[:]); err != nil {
			return look{err: err.Error()}, err
		}
	}
	return now, nil
}
