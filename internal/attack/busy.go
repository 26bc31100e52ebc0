//go:build linux

package main

import (
	"bufio"
	"io"
	"net"
	"strings"
	"time"
)

// busy are attacks by well-formed requests.
func busy() []*attack {
	plain := []*attack{
		{name: "300 keep-alive in a closed loop", quick: true, least: load{Connections: 300, Requests: 3000},
			play: func(c *callers) { c.keepAlive(300, 0) }},
		{name: "255 keep-alive, ordinary", least: load{Connections: 255, Requests: 500},
			play: func(c *callers) { c.keepAlive(255, 500*time.Millisecond) }},
	}
	timeout := []string{"WSHEALTHZ_TIMEOUT=" + hangingTimeout.String()}
	return append(withTLS(plain...),
		&attack{name: "256 keep-alive at 6,000 a second", least: load{Connections: 256, Requests: 3000},
			play: func(c *callers) { c.keepAlive(256, 42*time.Millisecond) }},
		&attack{name: "17 keep-alive at 400 a second, RLIMIT_NOFILE 64", descriptors: 64, least: load{Connections: 17, Requests: 200},
			play: func(c *callers) { c.keepAlive(17, 42*time.Millisecond) }},
		&attack{name: "300 pipelining, reading", quick: true, least: load{Connections: 300, Requests: 3000},
			play: func(c *callers) { c.pipeline(true) }},
		&attack{name: "300 pipelining, not reading", least: load{Connections: 300, Requests: 3000},
			play: func(c *callers) { c.pipeline(false) }},
		&attack{name: "300 slow readers", least: load{Connections: 300, Requests: 3000},
			play: func(c *callers) { c.slowReaders(300) }},
		&attack{name: "1,000 slow readers, small windows", least: load{Connections: 1000, Requests: 3000},
			play: func(c *callers) { c.slowReaders(1000) }},
		&attack{name: "300 busy, the server hangs", quick: true, behavior: hanging, environment: timeout, seconds: 4,
			right: badWith("upgrade_timeout"), least: load{Connections: 300, Requests: 300},
			play: func(c *callers) { c.keepAlive(300, 0) }},
		&attack{name: "300 busy, the server is slow (1 s)", behavior: slow, seconds: 4, least: load{Connections: 300, Requests: 300},
			play: func(c *callers) { c.keepAlive(300, 0) }},
		&attack{name: "1,000 slow bodies", least: load{Connections: 1000, Requests: 1000},
			play: func(c *callers) { c.slowBodies(1000) }},
		&attack{name: "4,000 slow bodies", least: load{Connections: 4000, Requests: 4000},
			play: func(c *callers) { c.slowBodies(4000) }},
	)
}

// keepAlive sends a request every period on each of n connections, but none before the answer to the one before it.
func (c *callers) keepAlive(n int, period time.Duration) {
	c.each(n, time.Millisecond, func(int) {
		conn, err := c.open(0)
		if err != nil {
			return
		}
		defer conn.Close()
		r := bufio.NewReaderSize(conn, 512)
		for next := time.Now(); c.send(conn, 1, request) == nil && c.receive(r) == nil; {
			next = next.Add(period)
			if wait := time.Until(next); wait > 0 {
				time.Sleep(wait)
			} else {
				next = time.Now() // no requests are made up for
			}
		}
	})
}

// pipeline sends requests ahead of the answers, and discards the answers or leaves them unread.
func (c *callers) pipeline(reading bool) {
	const ahead = 32
	text := strings.Repeat(request, ahead)
	c.each(300, 100*time.Millisecond, func(int) {
		conn, err := c.connect(4096)
		if err != nil {
			return
		}
		defer conn.Close()
		if reading {
			go c.hold(conn)
		}
		for c.send(conn, ahead, text) == nil {
			time.Sleep(time.Millisecond)
		}
	})
}

// slowReaders are callers of the health path that read slowly.
func (c *callers) slowReaders(n int) {
	c.readSlowly(n, 32, request, func() (*net.TCPConn, error) { return c.connect(2304) })
}

// readSlowly sends as many requests as go out on each of n connections, so many at a time, and reads the answers a byte at a
// time.
func (c *callers) readSlowly(n, ahead int, request string, connect func() (*net.TCPConn, error)) {
	text := strings.Repeat(request, ahead)
	c.each(n, 100*time.Millisecond, func(int) {
		conn, err := connect()
		if err != nil {
			return
		}
		defer conn.Close()
		go func() {
			for c.send(conn, ahead, text) == nil {
				time.Sleep(10 * time.Millisecond)
			}
		}()
		trickle(conn)
	})
}

// trickle reads a byte every 50 ms until the connection ends.
func trickle(r io.Reader) {
	var one [1]byte
	for {
		if _, err := r.Read(one[:]); err != nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// slowBodies announces a body on n connections and sends a byte of it every 200 ms.
func (c *callers) slowBodies(n int) {
	text := strings.TrimSuffix(request, "\r\n") + "Content-Length: 100000\r\n\r\n"
	c.each(n, 100*time.Millisecond, func(int) {
		conn, err := c.connect(0)
		if err != nil {
			return
		}
		defer conn.Close()
		for err = c.send(conn, 1, text); err == nil; err = c.send(conn, 0, "b") {
			time.Sleep(200 * time.Millisecond)
		}
	})
}
