//go:build !windows

package config

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"wshealthz/internal/testbed"
)

// TestSpecialFiles: what is not a regular file of a bounded size is refused at once, and never waited for.
func TestSpecialFiles(t *testing.T) {
	dir := t.TempDir()
	fifo, huge := filepath.Join(dir, "fifo"), filepath.Join(dir, "huge")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	testbed.WriteFile(t, huge, "")
	if err := os.Truncate(huge, 1<<30); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{fifo: "is not a regular file", dir: "is not a regular file", "/dev/zero": "is not a regular file", huge: "is over 1048576 bytes"} {
		ended := make(chan error, 1)
		go func() {
			_, err := readFile(path, nil, make([]byte, 512))
			ended <- err
		}()
		select {
		case err := <-ended:
			if err == nil || !strings.HasSuffix(err.Error(), want) {
				t.Errorf("%s: %v, want %q", path, err, want)
			}
		case <-time.After(testbed.Patience):
			t.Fatalf("%s: still waiting", path)
		}
	}
}

// TestFIFOInPlaceOfAFile: renamed into its place again and again while many read the file, it holds up nobody.
func TestFIFOInPlaceOfAFile(t *testing.T) {
	dir := t.TempDir()
	file, fifo, path := filepath.Join(dir, "file"), filepath.Join(dir, "fifo"), filepath.Join(dir, "path")
	testbed.WriteFile(t, file, "text")
	if err := errors.Join(syscall.Mkfifo(fifo, 0o600), os.Link(file, path)); err != nil {
		t.Fatal(err)
	}
	r, _ := reloadText(t, path)
	ctx, cancel := context.WithCancel(t.Context())
	var renaming, reading sync.WaitGroup
	renaming.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			if err := errors.Join(os.Link([]string{fifo, file}[i%2], path+".new"), os.Rename(path+".new", path)); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for range 8 {
		reading.Go(func() {
			for range 500 {
				if got := r.get(); got != "text" {
					t.Errorf("%q, want the last good content", got)
					return
				}
			}
		})
	}
	read := make(chan struct{})
	go func() { reading.Wait(); close(read) }()
	select {
	case <-read:
	case <-time.After(testbed.Patience):
		t.Error("still waiting for a file")
	}
	cancel()
	renaming.Wait()
}
