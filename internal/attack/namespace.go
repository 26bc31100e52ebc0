//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"unsafe"
)

// attackInNamespace plays an attack in a network namespace of its own, by starting this program again. Where user
// namespaces are allowed that needs no root.
func (r *run) attackInNamespace(a *attack) result {
	cmd := exec.Command("/proc/self/exe", "-inside", "-only", "^"+regexp.QuoteMeta(a.name)+"$", "-binary", r.binary,
		"-within", r.within.String(), "-seconds", fmt.Sprint(r.seconds))
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		Pdeathsig:   syscall.SIGTERM,
	}
	var out, errors bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errors
	got := result{Name: a.name}
	if err := cmd.Start(); err != nil {
		got.Skipped = fmt.Sprintf("no network namespace: %v", err)
		return got
	}
	err := cmd.Wait()
	if json.Unmarshal(out.Bytes(), &got) != nil {
		got.fail("in a network namespace: %v: %s", err, strings.TrimSpace(errors.String()))
	}
	return got
}

// raiseLoopback brings up the loopback interface, which is down in a new network namespace.
func raiseLoopback() error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	loopback, err := net.InterfaceByName("lo")
	if err != nil {
		return err
	}
	var request struct { // struct ifreq, netdevice(7)
		name  [syscall.IFNAMSIZ]byte
		flags uint16
		_     [22]byte
	}
	copy(request.name[:], loopback.Name)
	request.flags = syscall.IFF_UP
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.SIOCSIFFLAGS, uintptr(unsafe.Pointer(&request))); errno != 0 {
		return fmt.Errorf("cannot bring up %s: %w", loopback.Name, errno)
	}
	return nil
}
