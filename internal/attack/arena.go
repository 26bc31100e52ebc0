//go:build linux

package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"wshealthz/internal/testbed/program"
)

// An arena is one attack under way.
type arena struct {
	*attack
	run           *run
	dir           string // for its files
	server        *server
	adapter       *program.Process
	health, admin string // addresses
	gateway       *gateway
	log           *os.File // the FIFO that is the adapter's standard error, nil if it has another
	group         *cgroup
	crew          *crew

	before usage
	stops  []window
	done   chan time.Time // closed when the time is up
}

// errSkip is wrapped by an error that says why an attack cannot be played here.
var errSkip = errors.New("not possible here")

// open starts the server and wshealthz, waits until it answers, and measures it.
func (r *run) open(a *attack) (*arena, error) {
	ar := &arena{attack: a, run: r, done: make(chan time.Time)}
	ar.dir = filepath.Join(r.dir, fmt.Sprint(r.add(ar)))
	if err := os.Mkdir(ar.dir, 0o700); err != nil {
		return ar, err
	}
	var err error
	if ar.server, err = startServer(); err != nil || a.alone != nil {
		return ar, err
	}
	if err = ar.start(); err != nil {
		return ar, err
	}
	return ar, ar.warm()
}

func (a *arena) env() []string {
	env := []string{"WSHEALTHZ_TARGET=" + a.server.url(), "WSHEALTHZ_LISTEN=0.0.0.0:0", "WSHEALTHZ_ADMIN_LISTEN=127.0.0.1:0"}
	if a.tls {
		env = append(env, "WSHEALTHZ_SERVE_CERT_FILE="+filepath.Join(a.run.dir, "tls.crt"), "WSHEALTHZ_SERVE_KEY_FILE="+filepath.Join(a.run.dir, "tls.key"))
	}
	if a.files {
		env = append(env, "WSHEALTHZ_HEADERS_FILE="+a.headersFile())
	}
	if a.stderr == closed {
		a.health, a.admin = freePort(), freePort()
		env = append(env, "WSHEALTHZ_LISTEN="+a.health, "WSHEALTHZ_ADMIN_LISTEN="+a.admin)
	}
	return append(env, a.environment...)
}

// start starts wshealthz, through a shell where the attack limits it, and finds its addresses.
func (a *arena) start() (err error) {
	if a.files {
		if err := os.WriteFile(a.headersFile(), []byte(goodHeaders), 0o600); err != nil {
			return err
		}
	}
	before, err := a.shell()
	if err != nil {
		return err
	}
	if before == "" {
		a.adapter, err = program.Start(a.run.binary, a.env(), nil)
	} else {
		a.adapter, err = program.Start("/bin/sh", a.env(), nil, "-c", before+`exec "$0"`, a.run.binary)
	}
	if err != nil || a.stderr == closed {
		return err
	}
	var addresses program.Addresses
	if a.log != nil {
		addresses, err = a.readStart()
	} else {
		addresses, err = a.adapter.Serving(settleTime)
	}
	a.health, a.admin = addresses.Health, addresses.Admin
	return err
}

// shell returns the commands that limit the process before it becomes wshealthz.
func (a *arena) shell() (commands string, err error) {
	if a.descriptors > 0 {
		commands += fmt.Sprintf("ulimit -n %d; ", a.descriptors)
	}
	if a.cgroup != nil {
		if a.group, err = newCgroup(a.cgroup); err != nil {
			return "", err
		}
		commands += a.group.enter()
	}
	redirect, err := a.redirect()
	return commands + redirect, err
}

// warm waits for the first right answer, asks 20 times, and measures what wshealthz has before the attack.
func (a *arena) warm() error {
	_, port, err := net.SplitHostPort(a.health)
	if err != nil {
		return err
	}
	a.gateway = &gateway{address: net.JoinHostPort("127.0.0.1", port)}
	if a.tls {
		a.gateway.tls = &tls.Config{InsecureSkipVerify: true}
	}
	deadline := time.Now().Add(settleTime)
	for right := 0; right < 20; {
		got := a.gateway.ask()
		if ok(got) {
			right++
			continue
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("before the attack it answered %d %q", got.status, got.body)
		}
		time.Sleep(20 * time.Millisecond)
	}
	return a.measureBefore(deadline)
}

// measureBefore measures what wshealthz has once it is the same twice: the first reading costs memory of its own, and
// connections of probes may still be closing.
func (a *arena) measureBefore(deadline time.Time) (err error) {
	for time.Now().Before(deadline) {
		last := a.before
		if a.before, err = a.usage(); err == nil && a.before.goroutines == last.goroutines && a.before.descriptors == last.descriptors {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("before the attack: goroutines and descriptors vary: %v", err)
}

// close ends what the attack started.
func (a *arena) close() {
	if a.crew != nil {
		a.crew.stop()
	}
	if a.log != nil {
		a.log.Close()
	}
	if a.adapter != nil {
		a.adapter.Kill()
	}
	if a.server != nil {
		a.server.Close()
	}
	if a.group != nil {
		a.group.remove()
	}
	a.run.remove(a)
}

func freePort() string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "127.0.0.1:0"
	}
	defer listener.Close()
	return listener.Addr().String()
}
