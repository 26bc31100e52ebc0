//go:build linux

package main

import (
	"fmt"
	"os"
	"syscall"
	"time"
)

// limits are attacks by what the machine does not give.
func limits() []*attack {
	fresh := []string{"WSHEALTHZ_MAX_AGE=0s"}
	caller := func(c *callers) { c.keepAlive(1, 20*time.Millisecond) }
	return []*attack{
		{name: "RLIMIT_NOFILE 32, MAX_AGE 0, the server never closes", quick: true, descriptors: 32, environment: fresh, behavior: neverClose,
			least: load{Requests: 50}, play: caller},
		{name: "RLIMIT_NOFILE 16, MAX_AGE 0, the server never closes", descriptors: 16, environment: fresh, behavior: neverClose,
			least: load{Requests: 50}, play: caller},
		{name: "256 in mid-header, a memory limit of 32 MiB", quick: true, cgroup: map[string]string{"memory": "33554432"},
			least: load{Connections: 256, Bytes: 2 << 20}, play: func(c *callers) { c.midHeader(256) }},
		{name: "a CPU quota of 10m", quick: true, cgroup: map[string]string{"cpu": "1000 100000"}, meanwhile: (*arena).throttled},
	}
}

// throttled waits for the end and returns how often the quota stopped the process.
func (a *arena) throttled() string {
	<-a.done
	if count := a.group.value("cpu", "nr_throttled"); count > 0 {
		return fmt.Sprintf("throttled %d times", count)
	}
	return ""
}

const portRange = "/proc/sys/net/ipv4/ip_local_port_range"

// takePorts leaves 16 local ports and takes them, until the time is up. The gateway has ports of its own.
func (a *arena) takePorts() string {
	const first, last = 20_000, 20_015
	before, err := os.ReadFile(portRange)
	if err != nil || os.WriteFile(portRange, fmt.Appendf(nil, "%d %d", first, last), 0) != nil {
		return ""
	}
	defer os.WriteFile(portRange, before, 0)
	taken := 0
	for port := first; port <= last; port++ {
		fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
		if err != nil {
			continue
		}
		defer syscall.Close(fd)
		if syscall.Bind(fd, &syscall.SockaddrInet4{Port: port}) == nil {
			taken++
		}
	}
	<-a.done
	refused := 0
	for _, each := range a.gateway.got() {
		if each.status == 503 {
			refused++
		}
	}
	if taken == 0 || refused == 0 {
		return ""
	}
	return fmt.Sprintf("took %d of %d ports, %d answers of 503", taken, last-first+1, refused)
}
