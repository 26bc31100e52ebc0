//go:build linux

package main

import (
	"bufio"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// headers are attacks by what a request's head holds, or by its missing end.
func headers() []*attack {
	plain := []*attack{
		{name: "256 in mid-header, 20 kB of tiny fields", quick: true, least: load{Connections: 256, Bytes: 2 << 20},
			play: func(c *callers) { c.midHeader(256) }},
		{name: "300 complete requests, 20 kB of tiny fields", least: load{Connections: 300, Bytes: 2 << 20},
			play: func(c *callers) { c.fields(300) }},
	}
	return append(withTLS(plain...),
		&attack{name: "300 in mid-header, 20 kB of tiny fields", least: load{Connections: 300, Bytes: 2 << 20},
			play: func(c *callers) { c.midHeader(300) }},
		&attack{name: "256 complete requests, 20 kB of tiny fields", least: load{Connections: 256, Bytes: 2 << 20},
			play: func(c *callers) { c.fields(256) }},
		&attack{name: "300 with an endless line", least: load{Connections: 300, Bytes: 2 << 20}, play: (*callers).endlessLine},
		&attack{name: "320 half-open", least: load{Connections: 320}, play: (*callers).halfOpen},
		&attack{name: "1,000 with slow headers", least: load{Connections: 1000, Bytes: 30_000}, play: (*callers).slowHeaders},
		&attack{name: "every byte of a request cut", least: load{Connections: 1000}, play: (*callers).cut},
		&attack{name: "RST storm", least: load{Connections: 1000}, play: (*callers).resets},
		&attack{name: "128 hostile User-Agents", quick: true, least: load{Requests: 128}, play: (*callers).userAgents, after: cleanPages},
	)
}

// tinyFields returns some 20 kB of fields with different names, which are costly for who keeps a map of them.
func tinyFields() string {
	var fields strings.Builder
	for i := 0; fields.Len() < 20_000; i++ {
		fields.WriteString(strconv.FormatInt(int64(i), 36) + ":\r\n")
	}
	return fields.String()
}

// midHeader keeps n connections open whose head has no end.
func (c *callers) midHeader(n int) {
	text := strings.TrimSuffix(request, "\r\n") + tinyFields()
	c.each(n, 500*time.Millisecond, func(int) {
		if conn, err := c.open(0); err == nil {
			defer conn.Close()
			c.send(conn, 0, text)
			c.hold(conn)
		}
	})
}

// fields sends complete requests on n connections, each after the answer to the one before it.
func (c *callers) fields(n int) {
	text := strings.TrimSuffix(request, "\r\n") + tinyFields() + "\r\n"
	c.each(n, 100*time.Millisecond, func(int) {
		if conn, err := c.open(0); err == nil {
			defer conn.Close()
			for r := bufio.NewReaderSize(conn, 512); c.send(conn, 1, text) == nil && c.receive(r) == nil; {
			}
		}
	})
}

func (c *callers) endlessLine() {
	block := strings.Repeat("a", 4096)
	c.each(300, 200*time.Millisecond, func(int) {
		if conn, err := c.open(0); err == nil {
			defer conn.Close()
			c.send(conn, 0, "GET /")
			for c.send(conn, 0, block) == nil {
				time.Sleep(20 * time.Millisecond)
			}
		}
	})
}

// halfOpen keeps connections open whose sending side is closed in the middle of a head.
func (c *callers) halfOpen() {
	c.each(320, 100*time.Millisecond, func(i int) {
		if conn, err := c.connect(0); err == nil {
			defer conn.Close()
			c.send(conn, 0, request[:i%len(request)])
			conn.CloseWrite()
			c.hold(conn)
		}
	})
}

// slowHeaders sends one field every half second, as slowhttptest does.
func (c *callers) slowHeaders() {
	c.each(1000, 100*time.Millisecond, func(i int) {
		if conn, err := c.open(0); err == nil {
			defer conn.Close()
			c.send(conn, 0, strings.TrimSuffix(request, "\r\n"))
			for k := 0; c.send(conn, 0, fmt.Sprintf("X-%d-%d: %d\r\n", i, k, k)) == nil; k++ {
				time.Sleep(500 * time.Millisecond)
			}
		}
	})
}

// cut closes connections, wholly or the sending side, after each number of bytes of a request.
func (c *callers) cut() {
	c.each(8, time.Millisecond, func(i int) {
		for end := range len(request) + 1 {
			conn, err := c.connect(0)
			if err != nil {
				return
			}
			if c.send(conn, end/len(request), request[:end]); (end+i)%2 == 0 {
				conn.CloseWrite()
				conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
				if c.receive200(conn) && end < len(request) {
					c.wrong.Add(1)
				}
			}
			conn.Close()
			time.Sleep(2 * time.Millisecond)
		}
	})
}

// resets resets connections at once, in the middle of a request, and after one.
func (c *callers) resets() {
	c.each(8, 4*time.Millisecond, func(int) {
		for _, end := range []int{0, len(request) / 2, len(request)} {
			if conn, err := c.connect(0); err == nil {
				conn.SetLinger(0)
				c.send(conn, end/len(request), request[:end])
				conn.Close()
			}
		}
	})
}

// userAgents sends requests whose User-Agent is made to be shown somewhere.
func (c *callers) userAgents() {
	hostile := []string{
		"<script>alert(1)</script>", "\x1b[2J\x1b]0;title\x07", "\u202egateway", "\u009b31m", "\x7f\x7f", `"}],"state":"ok`, "%0d%0aSet-Cookie: a=b",
		"kube-probe/1.31", strings.Repeat("A", 7000), "\xff\xfe\x80", "' OR 1=1 --", "${jndi:ldap://127.0.0.1/a}", "\u2066\u2069\u200b", "&lt;b&gt;", "\t", "{{.}}",
	}
	c.each(128, 300*time.Millisecond, func(i int) {
		conn, err := c.open(0)
		if err != nil {
			return
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(5 * time.Second))
		text := fmt.Sprintf("GET /health HTTP/1.1\r\nHost: %s\r\nUser-Agent: %d%s\r\nConnection: close\r\n\r\n", "localhost", i, hostile[i%len(hostile)])
		c.send(conn, 1, text)
		c.receive(bufio.NewReaderSize(conn, 512))
	})
}
