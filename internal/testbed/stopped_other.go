//go:build !linux

package testbed

import "testing"

// Stopped skips the test: whether all threads of a process are stopped is not known here.
func Stopped(t testing.TB, _ int) bool {
	t.Helper()
	t.Skip("SKIPPED: whether a process is stopped is not known here, only on Linux")
	return false
}
