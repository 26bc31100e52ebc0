//go:build linux

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime"
	"syscall"
	"time"
)

const (
	perSecond   = 25 // new connections: some dozens of gateway instances, each with its own interval
	connections = 32 // kept alive at a time
)

// realLoad measures what a gateway's probes cost: a request on each of many new connections a second.
func (b *bench) realLoad() {
	for _, line := range []struct {
		what   string
		maxAge time.Duration
		goals  []goal
	}{
		{"a handshake a second", time.Second, []goal{{1.3, theHAProxy}, {1, theNginx}}},
		{"a handshake each", 0, nil},
	} {
		all := b.startAll(warm, len(b.contestants), line.maxAge)
		values := each(all, func(p *process) float64 { return p.cpuAtLoad(b.load) })
		stop(all)
		b.row(fmt.Sprintf("%d new connections/s, %s", perSecond, line.what), "ms of CPU/s", values, line.goals...)
	}
}

// cpuAtLoad returns the CPU time in ms of as many requests as come in a second of the load.
func (p *process) cpuAtLoad(duration time.Duration) float64 {
	p.conn.Close() // the smallest program serves one connection at a time
	ticker := time.NewTicker(time.Second / perSecond)
	defer ticker.Stop()
	before, began := p.cpuTime(), time.Now()
	count := 0
	for ; time.Since(began) < duration; count++ { // on a busy machine fewer than perSecond come
		<-ticker.C
		p.getOnNew(1)
	}
	return float64(p.cpuTime()-before) / 1e6 / float64(count) * perSecond
}

// getOnNew asks n times, on a new connection each, and wants 200.
func (p *process) getOnNew(n int) {
	for range n {
		conn, err := net.Dial("tcp", p.address)
		check(err)
		if status, err := status(conn, bufio.NewReader(conn)); status != 200 {
			fail("status", status, err)
		}
		conn.Close()
	}
}

// throughput returns the requests a second that are answered over many connections at a time. The caller is on another CPU
// where there is one, and makes plain system calls, so that it is not what limits them.
func (p *process) throughput() float64 {
	if runtime.NumCPU() > 1 {
		pinTo(1)
		defer pinTo(0)
	}
	all := p.connect(connections)
	answer := make([]byte, p.answerLength())
	const duration = 3 * time.Second
	count, began := 0, time.Now()
	for ; time.Since(began) < duration; count += len(all) {
		for _, fd := range all {
			_, err := syscall.Write(fd, []byte(request))
			check(err)
		}
		for _, fd := range all {
			if _, err := io.ReadFull(descriptor(fd), answer); err != nil || !bytes.HasPrefix(answer, []byte("HTTP/1.1 200")) {
				fail(fmt.Sprintf("answer %q (%v)", answer, err))
			}
		}
	}
	took := time.Since(began)
	for _, fd := range all {
		syscall.Close(fd)
	}
	return float64(count) / took.Seconds()
}

// connect returns n connections that block.
func (p *process) connect(n int) (all []int) {
	address := netip.MustParseAddrPort(p.address)
	for range n {
		fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
		check(err)
		check(syscall.Connect(fd, &syscall.SockaddrInet4{Port: int(address.Port()), Addr: address.Addr().As4()}))
		all = append(all, fd)
	}
	return all
}

// answerLength returns the length of an answer in bytes.
func (p *process) answerLength() int {
	conn, err := net.Dial("tcp", p.address)
	check(err)
	defer conn.Close()
	var answer bytes.Buffer
	_, err = status(conn, bufio.NewReader(io.TeeReader(conn, &answer)))
	check(err)
	return answer.Len()
}

// A descriptor reads from a socket that blocks.
type descriptor int

func (d descriptor) Read(b []byte) (int, error) {
	n, err := syscall.Read(int(d), b)
	if n == 0 && err == nil {
		err = io.EOF
	}
	return max(n, 0), err
}
