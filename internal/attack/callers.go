//go:build linux

package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"syscall"
	"time"
)

// A load is what callers did.
type load struct {
	Connections, Handshakes  int64 // TCP and TLS
	Requests, Answers, Bytes int64
	Wrong                    int64 // answers that should not have come
}

// callers are the callers of an attack, in a process of their own.
type callers struct {
	context.Context
	health, admin string // addresses; of health only the port counts
	tls           *tls.Config
	shaking       chan struct{} // bounds the TLS handshakes under way, so that this process can do them all in time

	connections, handshakes, requests, answers, bytes, wrong atomic.Int64
}

// playCallers plays the load of one attack until standard input ends, and writes what it did to standard output.
func playCallers(o *options) {
	runtime.GOMAXPROCS(1)
	debug.SetMemoryLimit(512 << 20)
	ctx, cancel := context.WithCancel(context.Background())
	c := &callers{Context: ctx, health: o.health, admin: o.admin, shaking: make(chan struct{}, 256)}
	for _, a := range attacks() {
		if a.name != o.play {
			continue
		}
		if a.tls {
			c.tls = &tls.Config{InsecureSkipVerify: true}
		}
		go a.play(c)
	}
	io.Copy(io.Discard, os.Stdin)
	cancel()
	json.NewEncoder(os.Stdout).Encode(load{
		Connections: c.connections.Load(), Handshakes: c.handshakes.Load(),
		Requests: c.requests.Load(), Answers: c.answers.Load(), Bytes: c.bytes.Load(), Wrong: c.wrong.Load(),
	})
}

// each starts n callers. Each does its part again and again until the attack ends, with a pause in between.
func (c *callers) each(n int, pause time.Duration, part func(i int)) {
	for i := range n {
		go func() {
			for c.Err() == nil {
				part(i)
				time.Sleep(pause)
			}
		}()
	}
}

// connect opens a connection to the health listener without TLS. Callers are spread over loopback addresses of the
// listener, because each has ports for some 28,000 connections. buffer, unless 0, is the size of its buffers in the kernel.
func (c *callers) connect(buffer int) (*net.TCPConn, error) {
	_, port, err := net.SplitHostPort(c.health)
	if err != nil {
		log.Fatal(err)
	}
	host := net.IPv4(127, 0, 0, byte(1+c.connections.Load()%8)).String()
	return c.connectTo(net.JoinHostPort(host, port), buffer)
}

func (c *callers) connectTo(address string, buffer int) (*net.TCPConn, error) {
	dialer := net.Dialer{Timeout: 5 * time.Second, KeepAlive: -1}
	if buffer > 0 {
		dialer.Control = func(_, _ string, raw syscall.RawConn) error {
			return raw.Control(func(fd uintptr) {
				syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, buffer)
				syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_SNDBUF, buffer)
			})
		}
	}
	conn, err := dialer.DialContext(c, "tcp", address)
	if err != nil {
		if errors.Is(err, syscall.EMFILE) {
			log.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond)
		return nil, err
	}
	c.connections.Add(1)
	return conn.(*net.TCPConn), nil
}

// open opens a connection to the health listener, with TLS where the attack has it.
func (c *callers) open(buffer int) (net.Conn, error) {
	conn, err := c.connect(buffer)
	if err != nil || c.tls == nil {
		return conn, err
	}
	secure := tls.Client(conn, c.tls)
	c.shaking <- struct{}{}
	err = secure.Handshake()
	if <-c.shaking; err != nil {
		conn.Close()
		return nil, err
	}
	c.handshakes.Add(1)
	return secure, nil
}

// send writes text that holds n requests.
func (c *callers) send(conn net.Conn, n int, text string) error {
	written, err := io.WriteString(conn, text)
	c.bytes.Add(int64(written))
	if err == nil {
		c.requests.Add(int64(n))
	}
	return err
}

// receive reads one answer.
func (c *callers) receive(r *bufio.Reader) error {
	response, err := http.ReadResponse(r, nil)
	if err != nil {
		return err
	}
	if _, err = io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	c.answers.Add(1)
	if response.Close {
		return io.EOF
	}
	return nil
}

// receive200 reads one answer and reports whether it is 200.
func (c *callers) receive200(conn net.Conn) bool {
	response, err := http.ReadResponse(bufio.NewReaderSize(conn, 512), nil)
	if err == nil {
		c.answers.Add(1)
	}
	return err == nil && response.StatusCode == 200
}

// hold discards what comes until the other end closes the connection.
func (c *callers) hold(conn net.Conn) {
	var buf [256]byte
	for {
		if _, err := conn.Read(buf[:]); err != nil {
			return
		}
	}
}

const request = "GET /health HTTP/1.1\r\nHost: localhost\r\nUser-Agent: caller\r\n\r\n"
