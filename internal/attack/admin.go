//go:build linux

package main

import (
	"fmt"
	"net"
	"strings"
	"time"
	"unicode"
)

// adminAttacks are attacks on the admin listener, while the gateway asks the health listener.
func adminAttacks() []*attack {
	return []*attack{
		{name: "31 callers of /metrics that send ahead of the answers", quick: true, least: load{Connections: 31, Requests: 300}, play: (*callers).metricsAhead},
		{name: "64 slow readers of /metrics, pipelined", least: load{Connections: 64, Requests: 64}, play: (*callers).metricsSlowly},
		{name: "64 in mid-header on the admin port", least: load{Connections: 64, Bytes: 500_000}, play: (*callers).adminHeader},
	}
}

const metricsRequest = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"

func (c *callers) metricsAhead() {
	const ahead = 16
	text := strings.Repeat(metricsRequest, ahead)
	c.each(31, 100*time.Millisecond, func(int) {
		conn, err := c.connectTo(c.admin, 0)
		if err != nil {
			return
		}
		defer conn.Close()
		go c.hold(conn)
		for c.send(conn, ahead, text) == nil {
			time.Sleep(time.Millisecond)
		}
	})
}

func (c *callers) metricsSlowly() {
	c.readSlowly(64, 16, metricsRequest, func() (*net.TCPConn, error) { return c.connectTo(c.admin, 2304) })
}

func (c *callers) adminHeader() {
	text := strings.TrimSuffix(metricsRequest, "\r\n") + tinyFields()
	c.each(64, 500*time.Millisecond, func(int) {
		if conn, err := c.connectTo(c.admin, 0); err == nil {
			defer conn.Close()
			c.send(conn, 0, text)
			c.hold(conn)
		}
	})
}

// cleanPages reports control and bidirectional characters, and elements that a caller sent, on the pages for people.
func cleanPages(a *arena) error {
	for _, path := range []string{"/", "/status", "/metrics"} {
		body, err := a.getAdmin(path)
		if err != nil {
			return err
		}
		for _, r := range body {
			if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
				return fmt.Errorf("%s shows %U as a caller sent it", path, r)
			}
		}
		if strings.Contains(body, "<script>alert") {
			return fmt.Errorf("%s shows an element that a caller sent", path)
		}
	}
	return nil
}
