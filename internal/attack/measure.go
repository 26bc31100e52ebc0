//go:build linux

package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// A usage is what a process has at one time.
type usage struct {
	resident, highWater     float64 // MiB
	goroutines, descriptors int
}

// memory returns resident memory and its high-water mark, in MiB, zero when the process has ended.
func memory(pid int) (resident, highWater float64) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0
	}
	for line := range strings.Lines(string(text)) {
		name, rest, _ := strings.Cut(line, ":")
		value, _ := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 64)
		switch name {
		case "VmRSS":
			resident = value / 1024
		case "VmHWM":
			highWater = value / 1024
		}
	}
	return resident, highWater
}

// usage measures the adapter: memory from /proc, the rest as its own metrics say.
func (a *arena) usage() (u usage, err error) {
	body, err := a.getAdmin("/metrics")
	if err != nil {
		return u, err
	}
	u.goroutines, u.descriptors = -1, -1
	for line := range strings.Lines(body) {
		name, text, _ := strings.Cut(strings.TrimSpace(line), " ")
		value, _ := strconv.ParseFloat(text, 64)
		switch name {
		case "go_goroutines":
			u.goroutines = int(value)
		case "process_open_fds":
			u.descriptors = int(value)
		}
	}
	if u.goroutines < 0 || u.descriptors < 0 {
		return u, fmt.Errorf("/metrics has no go_goroutines or no process_open_fds")
	}
	u.resident, u.highWater = memory(a.adapter.PID())
	return u, nil
}

// getAdmin returns what a path of the admin listener answers with 200.
func (a *arena) getAdmin(path string) (string, error) {
	admin := gateway{address: a.admin}
	status, body, err := admin.get(path, "played-operator/1.0")
	if err == nil && status != 200 {
		err = fmt.Errorf("%s answered %d", path, status)
	}
	return body, err
}
