package testbed

import (
	"errors"
	"os"
	"testing"
)

// WriteFile writes a file that only this user can read.
func WriteFile(t testing.TB, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// SwapSymlink makes link point at target in one step, as the kubelet does for a Secret.
func SwapSymlink(t testing.TB, link, target string) {
	t.Helper()
	if err := errors.Join(os.Symlink(target, link+".new"), os.Rename(link+".new", link)); err != nil {
		t.Fatal(err)
	}
}
