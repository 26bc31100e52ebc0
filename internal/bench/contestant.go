//go:build linux

package main

import (
	"bytes"
	"embed"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"wshealthz/internal/testbed/program"
)

//go:embed testdata
var testdata embed.FS

// A contestant is a program that is measured, and a column of the table.
type contestant struct {
	name, executable string
	// fresh and shared tell what it can do: a handshake for each request, and answers from an earlier one.
	fresh, shared bool
	// start starts it with the server of that address. A verdict is given again for maxAge; 0: never.
	start func(server string, maxAge time.Duration, env ...string) *process
}

// can reports whether the contestant can do with that maxAge.
func (c *contestant) can(maxAge time.Duration) bool {
	return maxAge == 0 && c.fresh || maxAge > 0 && c.shared
}

// least returns the lowest maxAge that the contestant can do with.
func (c *contestant) least() time.Duration {
	if c.fresh {
		return 0
	}
	return time.Second
}

// The names of those that goals are about.
const (
	theSmallest = "C"
	theHAProxy  = "HAProxy"
	theNginx    = "nginx-Lua"
)

// wshealthz returns the contestant of one of our binaries.
func wshealthz(binary string) *contestant {
	return &contestant{binary, binary, true, true, func(server string, maxAge time.Duration, env ...string) *process {
		return startWshealthz(binary, server, maxAge, env...)
	}}
}

// smallest builds the smallest program that does a handshake, as a measure of the machine.
func smallest(dir string) (*contestant, error) {
	source, err := testdata.ReadFile("testdata/smallest.c")
	check(err)
	binary := filepath.Join(dir, "smallest")
	cc := exec.Command("cc", "-O2", "-o", binary, "-x", "c", "-")
	cc.Stdin = bytes.NewReader(source)
	if out, err := cc.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("no C compiler (cc) that builds it: %w %s", err, out)
	}
	c := wshealthz(binary)
	c.name, c.shared = theSmallest, false
	return c, nil
}

// A competitor is a program that a configuration makes do the same.
type competitor struct {
	name, executable, file string
	args                   []string // {file} is the path of the configuration, {dir} its directory
	fresh                  bool
}

var competitors = []competitor{
	{theHAProxy, "haproxy", "haproxy.cfg", []string{"-f", "{file}"}, false},
	{theNginx, "nginx", "nginx.conf", []string{"-e", "stderr", "-p", "{dir}", "-c", "{file}"}, true},
	{"Node", "node", "node.js", []string{"{file}"}, true},
}

// contestant returns the competitor as a contestant, once it has answered with 200 here. Its files go to dir.
func (k competitor) contestant(dir, server string) (*contestant, error) {
	executable, err := exec.LookPath(k.executable)
	if err != nil {
		return nil, err
	}
	c := &contestant{k.name, executable, k.fresh, true, func(server string, maxAge time.Duration, _ ...string) *process {
		p, err := k.start(dir, executable, server, maxAge)
		check(err)
		return p
	}}
	p, err := k.start(dir, executable, server, time.Second)
	if err != nil {
		return nil, err
	}
	defer p.stop()
	if status, err := p.status(); status != 200 {
		return nil, fmt.Errorf("it answers %d, want 200 (%v)", status, err)
	}
	return c, nil
}

// start starts the competitor and waits until it listens.
func (k competitor) start(dir, executable, server string, maxAge time.Duration) (*process, error) {
	dir, err := os.MkdirTemp(dir, k.executable)
	check(err)
	check(os.Chmod(dir, 0o755)) // nginx's worker runs as another user
	text, err := testdata.ReadFile("testdata/" + k.file)
	check(err)
	address := freeAddress()
	config := strings.NewReplacer("{listen}", address, "{server}", server, "{max_age}", strconv.Itoa(int(maxAge.Seconds()))).Replace(string(text))
	file := filepath.Join(dir, k.file)
	check(os.WriteFile(file, []byte(config), 0o644))
	var args []string
	for _, arg := range k.args {
		args = append(args, strings.NewReplacer("{dir}", dir, "{file}", file).Replace(arg))
	}
	started, err := program.Start(executable, []string{"PATH=" + os.Getenv("PATH")}, nil, args...)
	if err != nil {
		return nil, err
	}
	return newProcess(started, address)
}

// freeAddress returns an address on loopback at which nobody listens.
func freeAddress() string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	defer listener.Close()
	return listener.Addr().String()
}
