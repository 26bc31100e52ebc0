//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// A cgroup is a control group below our own, or one for each controller where they have hierarchies of their own (v1).
type cgroup struct{ dirs map[string]string } // by controller

const cgroups = "/sys/fs/cgroup"

var cgroupNumber atomic.Int64

// newCgroup makes a group with limits: for cpu quota and period in µs, for memory bytes.
func newCgroup(limits map[string]string) (*cgroup, error) {
	g := &cgroup{dirs: map[string]string{}}
	name := fmt.Sprintf("wshealthz-attack-%d-%d", os.Getpid(), cgroupNumber.Add(1))
	for controller, limit := range limits {
		parent, v2, err := ownCgroup(controller)
		if err != nil {
			return g, err
		}
		dir := filepath.Join(parent, name)
		if err := os.Mkdir(dir, 0o755); err != nil && !os.IsExist(err) {
			return g, fmt.Errorf("%w: cgroups are not writable: %v", errSkip, err)
		}
		g.dirs[controller] = dir
		os.WriteFile(filepath.Join(dir, "memory.swap.max"), []byte("0"), 0) // where there is one
		for file, value := range cgroupLimits(controller, limit, v2) {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(value), 0); err != nil {
				g.remove()
				return g, fmt.Errorf("%w: no limit on %s: %v", errSkip, controller, err)
			}
		}
	}
	return g, nil
}

// ownCgroup returns the directory of our own group for a controller.
func ownCgroup(controller string) (dir string, v2 bool, err error) {
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", false, fmt.Errorf("%w: %v", errSkip, err)
	}
	unified := ""
	for line := range strings.Lines(string(text)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) < 3 {
			continue
		}
		if parts[1] == controller || strings.HasPrefix(parts[1], controller+",") {
			return filepath.Join(cgroups, parts[1], parts[2]), false, nil
		}
		if parts[1] == "" {
			unified = filepath.Join(cgroups, parts[2])
		}
	}
	if _, err := os.Stat(filepath.Join(unified, "cgroup.controllers")); err != nil {
		return "", false, fmt.Errorf("%w: no cgroup for %s", errSkip, controller)
	}
	return unified, true, nil
}

// cgroupLimits returns the files to write.
func cgroupLimits(controller, limit string, v2 bool) map[string]string {
	switch {
	case controller == "cpu" && v2:
		return map[string]string{"cpu.max": limit}
	case controller == "cpu":
		quota, period, _ := strings.Cut(limit, " ")
		return map[string]string{"cpu.cfs_quota_us": quota, "cpu.cfs_period_us": period}
	case v2:
		return map[string]string{"memory.max": limit}
	default:
		return map[string]string{"memory.limit_in_bytes": limit}
	}
}

// enter returns the shell commands that move the shell into the group.
func (g *cgroup) enter() (commands string) {
	for _, dir := range g.dirs {
		commands += fmt.Sprintf("echo $$ >'%s/cgroup.procs' || exit 1; ", dir)
	}
	return commands
}

// value returns a number from the controller's statistics.
func (g *cgroup) value(controller, name string) int {
	text, _ := os.ReadFile(filepath.Join(g.dirs[controller], controller+".stat"))
	_, rest, _ := strings.Cut("\n"+string(text), "\n"+name+" ")
	line, _, _ := strings.Cut(rest, "\n")
	value, _ := strconv.Atoi(line)
	return value
}

// remove removes the group, once the process in it has ended.
func (g *cgroup) remove() {
	for _, dir := range g.dirs {
		for range 100 {
			if err := os.Remove(dir); err == nil || os.IsNotExist(err) {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}
