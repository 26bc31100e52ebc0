// Bench measures what the adapter costs: CPU a probe and a shared answer, memory, start, size. The adapter is a
// process on CPU 0; the WebSocket server and the caller are this process, on the same CPU. CPU time is the kernel's
// (schedstat of the adapter's threads), so what the callers use is not in it. With -smallest the same is measured for
// the smallest program that does the job: a ratio in one run says more than a figure of one machine.
package main

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

func main() {
	log.SetFlags(0)
	binary := flag.String("binary", "", "the adapter")
	rounds := flag.Int("n", 20000, "requests a figure")
	smallest := flag.String("smallest", "", "the smallest program that does the job, for a ratio")
	many := flag.Int("many", 100_000, "probes before the second look at memory")
	flag.Parse()
	pin(os.Getpid(), 0)
	server := listen()
	size, err := os.Stat(*binary)
	check(err)
	figure("binary", float64(size.Size())/(1<<20), "MiB", 8)
	figure("exec to first 200, best of 20", best(20, func() float64 { return firstAnswer(*binary, server) }), "ms", 6)

	a := start(*binary, server, "0s")
	a.get(60)
	figure("resident after 60 probes", a.memory("VmRSS"), "MiB", 7.5)
	fmt.Printf("  of which anonymous %.2f MiB, of the binary %.2f MiB\n", a.memory("RssAnon"), a.memory("RssFile"))
	a.get(2000)
	fresh := best(5, func() float64 { return a.cpu(*rounds) })
	figure("GET with a fresh handshake", fresh, "µs of CPU", 60)
	a.get(*many)
	figure(fmt.Sprintf("resident after %d probes", *many), a.memory("VmRSS"), "MiB", 9)
	fmt.Printf("  of which anonymous %.2f MiB, of the binary %.2f MiB\n", a.memory("RssAnon"), a.memory("RssFile"))
	idle := a.used()
	time.Sleep(5 * time.Second)
	figure("CPU in 5 s without callers", float64(a.used()-idle)/1e6, "ms", 0)
	a.stop()

	for _, check := range []string{"ping", "graphql-ws"} {
		a = start(*binary, server, "0s", "WSHEALTHZ_CHECK="+check)
		a.get(2000)
		deeper := best(5, func() float64 { return a.cpu(*rounds) })
		fmt.Printf("%-36s %8.2f µs of CPU  %.2f times the handshake\n", "GET with "+check, deeper, deeper/fresh)
		a.stop()
	}

	a = start(*binary, server, "1h")
	a.get(2000)
	shared := best(5, func() float64 { return a.cpu(*rounds) })
	figure("GET with a shared verdict", shared, "µs of CPU", 11)
	a.stop()
	figure("20 adapters, PSS each", twenty(*binary, server), "MB", 1.6)
	if *smallest != "" {
		a = start(*smallest, server, "0s")
		a.get(2000)
		least := best(5, func() float64 { return a.cpu(*rounds) })
		a.stop()
		fmt.Printf("the smallest program                 %8.2f µs of CPU  a fresh handshake is %.2f times that\n", least, fresh/least)
	}
}

func figure(what string, value float64, unit string, most float64) {
	fmt.Printf("%-36s %8.2f %-10s (at most %g)\n", what, value, unit, most)
}

func best(n int, measure func() float64) float64 {
	least := measure()
	for range n - 1 {
		least = min(least, measure())
	}
	return least
}

// listen is the WebSocket server: a handshake, an echo of the Close, FIN.
func listen() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	go func() {
		for {
			c, err := l.Accept()
			check(err)
			go shake(c)
		}
	}()
	return "ws://" + l.Addr().String() + "/"
}

func shake(c net.Conn) {
	defer c.Close()
	buf := make([]byte, 2048)
	n, err := c.Read(buf)
	if err != nil {
		return
	}
	_, rest, _ := strings.Cut(string(buf[:n]), "Sec-WebSocket-Key: ")
	key, _, _ := strings.Cut(rest, "\r\n")
	subprotocol := ""
	if strings.Contains(rest, "graphql-ws") {
		subprotocol = "Sec-WebSocket-Protocol: graphql-ws\r\n"
	}
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	fmt.Fprintf(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n%s\r\n",
		base64.StdEncoding.EncodeToString(sum[:]), subprotocol)
	// The adapter says one thing at a time: a Ping or a first message, and Close.
	for n, err = c.Read(buf); err == nil && n > 6; n, err = c.Read(buf) {
		payload := buf[6:n]
		for i := range payload {
			payload[i] ^= buf[2+i%4]
		}
		switch buf[0] & 0xf {
		case 0x8:
			c.Write([]byte{0x88, 2, 0x03, 0xe9})
			return
		case 0x9:
			c.Write(append([]byte{0x8a, byte(len(payload))}, payload...))
		case 0x1:
			c.Write([]byte("\x81\x1a" + `{"type": "connection_ack"}`))
		}
	}
}

type adapter struct {
	cmd    *exec.Cmd
	url    string
	client net.Conn
	reader *bufio.Reader
}

func start(binary, server, maxAge string, more ...string) *adapter {
	a := &adapter{cmd: exec.Command(binary)}
	a.cmd.Env = []string{"WSHEALTHZ_TARGET=" + server, "WSHEALTHZ_LISTEN=127.0.0.1:0", "WSHEALTHZ_ADMIN_LISTEN=127.0.0.1:0", "WSHEALTHZ_MAX_AGE=" + maxAge}
	for _, name := range []string{"GOGC", "GOMEMLIMIT", "GOMAXPROCS", "GODEBUG"} {
		if value, set := os.LookupEnv("BENCH_" + name); set {
			a.cmd.Env = append(a.cmd.Env, name+"="+value) // to try another tuning
		}
	}
	a.cmd.Env = append(a.cmd.Env, more...)
	stderr, err := a.cmd.StderrPipe()
	check(err)
	check(a.cmd.Start())
	pin(a.cmd.Process.Pid, 0)
	line, err := bufio.NewReader(stderr).ReadString('\n')
	check(err)
	_, rest, _ := strings.Cut(line, `"listen":"`)
	a.url, _, _ = strings.Cut(rest, `"`)
	go io.Copy(io.Discard, stderr)
	a.client, err = net.Dial("tcp", a.url)
	check(err)
	a.reader = bufio.NewReader(a.client)
	return a
}

func (a *adapter) stop() {
	a.client.Close()
	a.cmd.Process.Signal(syscall.SIGTERM)
	a.cmd.Wait()
}

// get asks n times over one kept-alive connection.
func (a *adapter) get(n int) {
	for range n {
		_, err := io.WriteString(a.client, "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
		check(err)
		response, err := http.ReadResponse(a.reader, nil)
		check(err)
		io.Copy(io.Discard, response.Body)
		if response.StatusCode != 200 {
			log.Fatalln("status", response.StatusCode)
		}
	}
}

// cpu is the CPU time in µs that one of n requests takes.
func (a *adapter) cpu(n int) float64 {
	before := a.used()
	a.get(n)
	return float64(a.used()-before) / float64(n) / 1000
}

// used is the CPU time of all threads in ns.
func (a *adapter) used() (sum int64) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", a.cmd.Process.Pid))
	for _, task := range tasks {
		text, _ := os.ReadFile(task)
		ns, _, _ := strings.Cut(string(text), " ")
		n, _ := strconv.ParseInt(ns, 10, 64)
		sum += n
	}
	return sum
}

// memory is a line of /proc/PID/status in MiB.
func (a *adapter) memory(name string) float64 {
	return kilobytes(fmt.Sprintf("/proc/%d/status", a.cmd.Process.Pid), name) / 1024
}

func kilobytes(file, name string) float64 {
	text, err := os.ReadFile(file)
	check(err)
	_, rest, _ := strings.Cut(string(text), "\n"+name+":")
	kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	return kb
}

func firstAnswer(binary, server string) float64 {
	began := time.Now()
	a := start(binary, server, "0s")
	a.get(1)
	took := time.Since(began)
	a.stop()
	return float64(took.Microseconds()) / 1000
}

func twenty(binary, server string) float64 {
	sum := 0.0
	var all []*adapter
	for range 20 {
		a := start(binary, server, "0s")
		a.get(60)
		all = append(all, a)
	}
	for _, a := range all {
		sum += kilobytes(fmt.Sprintf("/proc/%d/smaps_rollup", a.cmd.Process.Pid), "Pss") * 1024 / 1e6
	}
	for _, a := range all {
		a.stop()
	}
	return sum / 20
}

func pin(pid, cpu int) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
	mask := uint64(1) << cpu
	for _, task := range tasks {
		tid, _ := strconv.Atoi(filepath.Base(task))
		syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, uintptr(tid), 8, uintptr(unsafe.Pointer(&mask)))
	}
}

func check(err error) {
	if err != nil {
		log.Fatalln(err)
	}
}
