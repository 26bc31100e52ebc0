//go:build linux

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"wshealthz/internal/testbed/program"
)

const patience = 30 * time.Second // for a process to listen

const request = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"

// A process is a contestant that runs, with its children, and a connection to where it answers.
type process struct {
	*program.Process
	address string
	conn    net.Conn
	reader  *bufio.Reader
}

// startWshealthz starts a binary and waits until it listens. BENCH_GOGC, BENCH_GOMEMLIMIT, BENCH_GOMAXPROCS and
// BENCH_GODEBUG are handed on without BENCH_, to try other values.
func startWshealthz(binary, server string, maxAge time.Duration, more ...string) *process {
	env := []string{
		"WSHEALTHZ_TARGET=ws://" + server + "/", "WSHEALTHZ_LISTEN=127.0.0.1:0", "WSHEALTHZ_ADMIN_LISTEN=127.0.0.1:0",
		"WSHEALTHZ_MAX_AGE=" + maxAge.String(),
	}
	for _, name := range []string{"GOGC", "GOMEMLIMIT", "GOMAXPROCS", "GODEBUG"} {
		if value, set := os.LookupEnv("BENCH_" + name); set {
			env = append(env, name+"="+value)
		}
	}
	started, err := program.Start(binary, append(env, more...), nil)
	check(err)
	addresses, err := started.Serving(patience)
	check(err)
	p, err := newProcess(started, addresses.Health)
	check(err)
	return p
}

// newProcess connects to a program that was started, once it listens. The error holds what it wrote when it does not.
func newProcess(started *program.Process, address string) (*process, error) {
	conn, err := dialUntil(address, started.Exited())
	if err != nil {
		started.Kill()
		return nil, fmt.Errorf("%w: %s", err, strings.Join(started.Lines(), " "))
	}
	return &process{started, address, conn, bufio.NewReader(conn)}, nil
}

// dialUntil connects as soon as somebody listens, or fails once exited is closed.
func dialUntil(address string, exited <-chan struct{}) (net.Conn, error) {
	for began := time.Now(); ; {
		conn, err := net.Dial("tcp", address)
		if err == nil || time.Since(began) > patience {
			return conn, err
		}
		select {
		case <-exited:
			return nil, errors.New("it exited")
		case <-time.After(100 * time.Microsecond): // leaves it the CPU
		}
	}
}

func (p *process) stop() {
	p.conn.Close()
	p.Stop()
}

// get asks n times over one kept-alive connection, and wants 200.
func (p *process) get(n int) {
	for range n {
		if status, err := p.status(); status != 200 {
			fail("status", status, err)
		}
	}
}

// status asks once over the kept-alive connection, and returns the status code.
func (p *process) status() (int, error) { return status(p.conn, p.reader) }

func status(conn net.Conn, reader *bufio.Reader) (int, error) {
	if _, err := io.WriteString(conn, request); err != nil {
		return 0, err
	}
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, err
}

// pids returns the ids of the process and its children.
func (p *process) pids() []string {
	return append([]string{strconv.Itoa(p.PID())}, childrenOf(p.PID())...)
}

// childrenOf returns the ids of the processes that a process started.
func childrenOf(pid int) (pids []string) {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, list := range lists {
		text, _ := os.ReadFile(list)
		pids = append(pids, strings.Fields(string(text))...)
	}
	return pids
}

// cpuTime returns the CPU time of all threads so far, in ns.
func (p *process) cpuTime() (sum int64) {
	for _, pid := range p.pids() {
		threads, _ := filepath.Glob("/proc/" + pid + "/task/*/schedstat")
		for _, thread := range threads {
			text, _ := os.ReadFile(thread)
			onCPU, _, _ := strings.Cut(string(text), " ")
			ns, _ := strconv.ParseInt(onCPU, 10, 64)
			sum += ns
		}
	}
	return sum
}

// megabytes returns the value of a line such as "VmRSS: 9212 kB" in a file of /proc, the sum of all processes.
func (p *process) megabytes(file, name string) (sum float64) {
	for _, pid := range p.pids() {
		text, err := os.ReadFile("/proc/" + pid + "/" + file)
		check(err)
		_, rest, _ := strings.Cut(string(text), "\n"+name+":")
		kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
		check(err)
		sum += kb * 1024 / 1e6
	}
	return sum
}

// pinTo runs this process, and all that it starts from now on, on one CPU.
func pinTo(cpu int) {
	threads, err := os.ReadDir("/proc/self/task")
	check(err)
	mask := uint64(1) << cpu
	for _, thread := range threads {
		id, _ := strconv.Atoi(thread.Name())
		syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, uintptr(id), unsafe.Sizeof(mask), uintptr(unsafe.Pointer(&mask)))
	}
}
