package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"wshealthz/internal/testbed"
)

// reloadText returns a reloader of files' texts, joined. A text that begins with "bad" is not accepted.
func reloadText(t *testing.T, paths ...string) (*reloader[string], *observer.ObservedLogs) {
	t.Helper()
	core, lines := observer.New(zapcore.InfoLevel)
	var variables []*Variable
	for _, path := range paths {
		variables = append(variables, &Variable{Name: "WSHEALTHZ_X_FILE", value: &path})
	}
	r, err := newReloader(&Config{Log: zap.New(core)}, variables, func(contents [][]byte) (string, error) {
		text := ""
		for _, content := range contents {
			if strings.HasPrefix(string(content), "bad") {
				return "", fmt.Errorf("%s content", content)
			}
			text += string(content)
		}
		return text, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	r.wait = testbed.Patience
	return r, lines
}

// TestFileChanges: in place, replaced, of the same size in the same moment, through a symlink; what is bad keeps the
// last good content and is logged once, and so is the first good content after it.
func TestFileChanges(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "..data")
	for _, version := range []string{"v1", "v2"} {
		if err := os.Mkdir(filepath.Join(dir, version), 0o700); err != nil {
			t.Fatal(err)
		}
		testbed.WriteFile(t, filepath.Join(dir, version, "token"), version)
	}
	testbed.SwapSymlink(t, link, "v1")
	path := filepath.Join(link, "token")
	r, lines := reloadText(t, path)
	expect := func(when, want string, logged int) {
		t.Helper()
		for range 3 {
			if got := r.get(); got != want {
				t.Errorf("%s: %q, want %q", when, got, want)
			}
		}
		if n := lines.Len(); n != logged {
			t.Errorf("%s: %d lines logged, want %d: %v", when, n, logged, lines.All())
		}
	}
	expect("at first", "v1", 0)
	testbed.SwapSymlink(t, link, "v2")
	expect("after a swap", "v2", 0)
	for i := range 5 {
		testbed.WriteFile(t, path, fmt.Sprintf("same size %d", i))
		expect("written again at once", fmt.Sprintf("same size %d", i), 0)
	}
	testbed.WriteFile(t, path, "bad one")
	expect("bad", "same size 4", 1)
	testbed.WriteFile(t, path, "bad two")
	expect("bad in another way", "same size 4", 2)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	expect("gone", "same size 4", 3)
	testbed.WriteFile(t, path, strings.Repeat("x", maxFile+1))
	expect("too large", "same size 4", 4)
	testbed.WriteFile(t, path, "good again")
	expect("good again", "good again", 5)
	testbed.WriteFile(t, path, "bad two")
	expect("bad as before", "good again", 6)
	testbed.WriteFile(t, path, "bad two")
	expect("bad, written again with the same content", "good again", 6)
	testbed.WriteFile(t, path, "")
	expect("empty, which is good", "", 7)
	if err := errors.Join(os.Remove(link), os.Symlink("..data", link)); err != nil {
		t.Fatal(err)
	}
	expect("a symlink loop", "", 8)
}

// TestUnchangedFileIsNotParsed: nothing is made again, and nothing is kept from a look at a file that did not change.
func TestUnchangedFileIsNotParsed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	testbed.WriteFile(t, path, strings.Repeat("text", 3000))
	parsed := 0
	r, err := newReloader(&Config{Log: zap.NewNop()}, []*Variable{{Name: "X", value: &path}}, func([][]byte) (int, error) { parsed++; return parsed, nil })
	if err != nil {
		t.Fatal(err)
	}
	r.wait = testbed.Patience
	first := &r.last.contents[0][0]
	for range 100 {
		r.get()
	}
	testbed.WriteFile(t, path, strings.Repeat("text", 3000))
	if r.get(); parsed != 1 || first != &r.last.contents[0][0] {
		t.Errorf("parsed %d times, want once", parsed)
	}
	testbed.WriteFile(t, path, strings.Repeat("text", 2999)+"texT")
	if r.get(); parsed != 2 {
		t.Errorf("parsed %d times, want a second time after a change at the end", parsed)
	}
}

// TestEmptyFileIsContent: at start it is parsed like any other.
func TestEmptyFileIsContent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	testbed.WriteFile(t, path, "")
	parsed := 0
	if _, err := newReloader(&Config{Log: zap.NewNop()}, []*Variable{{Name: "X", value: &path}}, func([][]byte) (int, error) { parsed++; return 0, nil }); err != nil || parsed != 1 {
		t.Errorf("parsed %d times, %v", parsed, err)
	}
}

// TestHalfChangedPair: two files that only fit together change one after the other while they are read again and again. What
// does not fit is logged at most once per change, and the value is always that of two that fit.
func TestHalfChangedPair(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	set := func(path string, version int) {
		testbed.WriteFile(t, path+".new", fmt.Sprint(version))
		if err := os.Rename(path+".new", path); err != nil {
			t.Error(err)
		}
	}
	set(a, 0)
	set(b, 0)
	core, lines := observer.New(zapcore.InfoLevel)
	r, err := newReloader(&Config{Log: zap.New(core)}, []*Variable{{Name: "A", value: &a}, {Name: "B", value: &b}}, func(contents [][]byte) (string, error) {
		if string(contents[0]) != string(contents[1]) {
			return "", fmt.Errorf("%s and %s do not fit", contents[0], contents[1])
		}
		return string(contents[0]), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	r.wait = testbed.Patience
	const changes = 200
	var changing sync.WaitGroup
	changing.Go(func() {
		for version := 1; version <= changes; version++ {
			set(a, version)
			set(b, version)
		}
	})
	last := 0
	for last < changes {
		version := 0
		if _, err := fmt.Sscan(r.get(), &version); err != nil || version < last {
			t.Fatalf("%q after %d, want a version that is no older", r.get(), last)
		}
		last = version
	}
	changing.Wait()
	if n := lines.FilterLevelExact(zapcore.WarnLevel).Len(); n > changes {
		t.Errorf("%d warnings for %d changes", n, changes)
	}
}
