//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// A crew is the process of the callers.
type crew struct {
	cmd    *exec.Cmd
	stdin  io.Closer
	output bytes.Buffer
	errors bytes.Buffer
	once   sync.Once
	load   load
	err    error
}

// startCrew starts this program again as the callers of the attack.
func (a *arena) startCrew() (*crew, error) {
	c := &crew{cmd: exec.Command("/proc/self/exe", "-play", a.name, "-health", a.health, "-admin", a.admin)}
	c.cmd.Stdout, c.cmd.Stderr = &c.output, &c.errors
	stdin, err := c.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	c.stdin = stdin
	return c, c.cmd.Start()
}

// stop ends the callers, which closes their connections, and returns what they did.
func (c *crew) stop() (load, error) {
	c.once.Do(func() {
		c.stdin.Close()
		late := time.AfterFunc(10*time.Second, func() { c.cmd.Process.Signal(os.Kill) })
		defer late.Stop()
		if c.err = c.cmd.Wait(); c.err != nil {
			c.err = fmt.Errorf("%w: %s", c.err, strings.TrimSpace(c.errors.String()))
			return
		}
		c.err = json.Unmarshal(c.output.Bytes(), &c.load)
	})
	return c.load, c.err
}

// count ends the callers and compares what they did with what the attack is.
func (a *arena) count(got *result) {
	did, err := a.crew.stop()
	if err != nil {
		got.fail("callers: %v", err)
		return
	}
	got.Load = did
	least := a.least
	if did.Connections < least.Connections || did.Handshakes < least.Handshakes || did.Requests < least.Requests || did.Bytes < least.Bytes {
		got.fail("too little load, want at least %v", least)
	}
	if did.Wrong > 0 {
		got.fail("%d answers of 200 to a request that was cut", did.Wrong)
	}
}
