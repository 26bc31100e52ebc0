//go:build unix

package upgrade

import "syscall"

// DescriptorLimit returns how many descriptors the process may have, and whether that is known.
func DescriptorLimit() (limit uint64, known bool) {
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		return 0, false
	}
	return uint64(files.Cur), true
}
