package admin

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// ticksPerSecond is the unit of times in /proc: USER_HZ is 100 on every architecture that Go supports.
const ticksPerSecond = 100

// Fields of /proc/self/stat after the name of the program, counted from 0 (proc_pid_stat(5) counts from 1, the state is 3).
const (
	statUserTime   = 14 - 3
	statSystemTime = 15 - 3
	statStartTime  = 22 - 3
	statVirtual    = 23 - 3
	statResident   = 24 - 3
)

// readProcess reads the figures from /proc; what cannot be read is left out.
//
// Not with github.com/prometheus/procfs: it compiles its regular expressions at start, in every process, which takes 0.3 MiB
// of resident memory, as much as all that a sidecar keeps for its probes.
func readProcess() (p processStats) {
	if stat, ok := readStat(); ok {
		p.cpuSeconds = known((stat[statUserTime] + stat[statSystemTime]) / ticksPerSecond)
		p.virtual = known(stat[statVirtual])
		p.resident = known(stat[statResident] * float64(os.Getpagesize()))
		if boot := bootTime(); boot > 0 {
			p.started = known(boot + stat[statStartTime]/ticksPerSecond)
		}
	}
	if open, err := os.ReadDir("/proc/self/fd"); err == nil {
		p.openFiles = known(float64(len(open) - 1)) // without the one that reads the directory
	}
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err == nil {
		p.maxFiles = known(float64(files.Cur))
	}
	return p
}

func known(value float64) *float64 { return &value }

// readStat returns the fields of /proc/self/stat after the name, which is in parentheses and may hold anything.
func readStat() (fields []float64, ok bool) {
	stat, err := os.ReadFile("/proc/self/stat")
	_, rest, found := bytes.Cut(stat[max(bytes.LastIndexByte(stat, ')'), 0):], []byte(") "))
	if err != nil || !found {
		return nil, false
	}
	for _, word := range strings.Fields(string(rest)) {
		value, _ := strconv.ParseFloat(word, 64) // the state is a letter
		fields = append(fields, value)
	}
	return fields, len(fields) > statResident
}

// bootTime returns when the machine started, in seconds since 1970; 0 when it is not known. It does not change, and
// /proc/stat is long on a large machine.
var bootTime = sync.OnceValue(func() float64 {
	stat, _ := os.ReadFile("/proc/stat")
	for line := range strings.Lines(string(stat)) {
		if text, found := strings.CutPrefix(line, "btime "); found {
			boot, _ := strconv.ParseFloat(strings.TrimSpace(text), 64)
			return boot
		}
	}
	return 0
})
