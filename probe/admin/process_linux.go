package admin

import (
	"sync"

	"github.com/prometheus/procfs"
)

// startTime is read once: it does not change, and procfs reads all of /proc/stat for it.
var startTime = sync.OnceValues(func() (float64, error) {
	self, err := procfs.Self()
	if err != nil {
		return 0, err
	}
	stat, err := self.Stat()
	if err != nil {
		return 0, err
	}
	return stat.StartTime()
})

// readProcess reads the figures from /proc; what cannot be read is left out.
func readProcess() (p processStats) {
	self, err := procfs.Self()
	if err != nil {
		return p
	}
	if stat, err := self.Stat(); err == nil {
		p.cpuSeconds, p.resident, p.virtual = figure(stat.CPUTime()), figure(float64(stat.ResidentMemory())), figure(float64(stat.VirtualMemory()))
	}
	if started, err := startTime(); err == nil {
		p.started = &started
	}
	if open, err := self.FileDescriptorsLen(); err == nil {
		p.openFiles = figure(float64(open))
	}
	if limits, err := self.Limits(); err == nil {
		p.maxFiles = figure(float64(limits.OpenFiles))
	}
	return p
}

func figure(value float64) *float64 { return &value }
