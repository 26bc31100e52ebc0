//go:build !windows

package config

import (
	"os"
	"path/filepath"
	"strings"
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

// TestFIFOInPlaceOfAFile: swapped in again and again while the file is read, it holds up nobody.
func TestFIFOInPlaceOfAFile(t *testing.T) {
	dir := t.TempDir()
	file, fifo, path := filepath.Join(dir, "file"), filepath.Join(dir, "fifo"), filepath.Join(dir, "path")
	testbed.WriteFile(t, file, "text")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	testbed.SwapSymlink(t, path, file)
	r, _ := reloadText(t, path)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				testbed.SwapSymlink(t, path, []string{fifo, file}[i%2])
			}
		}
	}()
	read := make(chan struct{})
	go func() {
		defer close(read)
		for range 2000 {
			if got := r.get(); got != "text" {
				t.Errorf("%q, want the last good content", got)
				return
			}
		}
	}()
	select {
	case <-read:
	case <-time.After(testbed.Patience):
		t.Error("still waiting for a file")
	}
	close(stop)
	<-stopped
}
