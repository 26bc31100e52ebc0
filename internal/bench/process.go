//go:build linux

package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
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

// A process is a running binary and a connection to its health listener.
type process struct {
	*program.Process
	conn   net.Conn
	reader *bufio.Reader
}

// start starts a binary and waits until it listens. BENCH_GOGC, BENCH_GOMEMLIMIT, BENCH_GOMAXPROCS and BENCH_GODEBUG are
// handed on without BENCH_, to try other values.
func start(binary, server, maxAge string, more ...string) *process {
	env := []string{"WSHEALTHZ_TARGET=" + server, "WSHEALTHZ_LISTEN=127.0.0.1:0", "WSHEALTHZ_ADMIN_LISTEN=127.0.0.1:0", "WSHEALTHZ_MAX_AGE=" + maxAge}
	for _, name := range []string{"GOGC", "GOMEMLIMIT", "GOMAXPROCS", "GODEBUG"} {
		if value, set := os.LookupEnv("BENCH_" + name); set {
			env = append(env, name+"="+value)
		}
	}
	started, err := program.Start(binary, append(env, more...), nil)
	check(err)
	addresses, err := started.Serving(30 * time.Second)
	check(err)
	conn, err := net.Dial("tcp", addresses.Health)
	check(err)
	return &process{started, conn, bufio.NewReader(conn)}
}

func (p *process) stop() {
	p.conn.Close()
	p.Stop()
}

// get asks n times over one kept-alive connection, and wants 200.
func (p *process) get(n int) {
	for range n {
		_, err := io.WriteString(p.conn, "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
		check(err)
		response, err := http.ReadResponse(p.reader, nil)
		check(err)
		io.Copy(io.Discard, response.Body)
		if response.StatusCode != 200 {
			log.Fatalln("bench: status", response.StatusCode)
		}
	}
}

// cpuOf returns the CPU time in µs that one of n requests takes.
func (p *process) cpuOf(n int) float64 {
	before := p.cpuTime()
	p.get(n)
	return float64(p.cpuTime()-before) / float64(n) / 1000
}

// cpuTime returns the CPU time of all threads so far, in ns.
func (p *process) cpuTime() (sum int64) {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", p.PID()))
	for _, thread := range threads {
		text, _ := os.ReadFile(thread)
		onCPU, _, _ := strings.Cut(string(text), " ")
		ns, _ := strconv.ParseInt(onCPU, 10, 64)
		sum += ns
	}
	return sum
}

// kilobytes returns the value of a line such as "VmRSS: 9212 kB" in a file of the process in /proc.
func (p *process) kilobytes(file, name string) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", p.PID(), file))
	check(err)
	_, rest, _ := strings.Cut(string(text), "\n"+name+":")
	kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	check(err)
	return kb
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
