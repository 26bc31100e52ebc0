//go:build linux

package main

import (
	"encoding/binary"
	"strings"
	"time"
)

// silent are attacks by connections that send no request. On a busy machine less than half of them can be opened in time,
// because wshealthz closes them as they come.
func silent() []*attack {
	return []*attack{
		{name: "1,000 silent, reopened at once", least: load{Connections: 1000}, play: func(c *callers) { c.silent(1000, 0) }},
		{name: "4,000 silent, reopened at once", least: load{Connections: 2000}, play: func(c *callers) { c.silent(4000, 0) }},
		{name: "8,000 silent, reopened at once", quick: true, least: load{Connections: 3000}, play: func(c *callers) { c.silent(8000, 0) }},
		{name: "10,000 idle", least: load{Connections: 4000}, play: func(c *callers) { c.silent(10_000, 20*time.Second) }},
		{name: "1,000 silent, a gateway with a slow TLS handshake", quick: true, tls: true, gatewayPause: 100 * time.Millisecond,
			least: load{Connections: 1000}, play: func(c *callers) { c.tls = nil; c.silent(1000, 0) }},
		{name: "300 with 64 KiB of ClientHello, the last byte held", quick: true, tls: true, least: load{Connections: 300, Bytes: 4 << 20},
			play: (*callers).bigHello},
		// Each that is closed connects again, and its handshake costs CPU, so the gateway waits for nearly 2,000 of them.
		{name: "2,000 TLS handshakes done and held", tls: true, late: 2 * time.Second, least: load{Connections: 500, Handshakes: 10}, play: func(c *callers) { c.silent(2000, 200*time.Millisecond) }},
		{name: "1,000 TLS handshakes a second", tls: true, least: load{Handshakes: 300}, play: (*callers).manyHandshakes},
	}
}

// silent keeps n connections open that send nothing, and opens each again when it was closed.
func (c *callers) silent(n int, pause time.Duration) {
	c.each(n, pause, func(int) {
		if conn, err := c.open(0); err == nil {
			defer conn.Close()
			c.hold(conn)
		}
	})
}

// bigHello sends all of a ClientHello of 64 KiB but its last byte.
func (c *callers) bigHello() {
	const most = 1 << 14 // bytes of a TLS record, RFC 8446 section 5.1
	hello := append([]byte{1, 0, 0xff, 0xfc}, strings.Repeat("a", 0xfffc)...)
	var records []byte
	for ; len(hello) > 0; hello = hello[min(most, len(hello)):] {
		part := hello[:min(most, len(hello))]
		records = append(records, 22, 3, 1)
		records = append(binary.BigEndian.AppendUint16(records, uint16(len(part))), part...)
	}
	text := string(records[:len(records)-1])
	c.each(300, 500*time.Millisecond, func(int) {
		if conn, err := c.connect(0); err == nil {
			defer conn.Close()
			c.send(conn, 0, text)
			c.hold(conn)
		}
	})
}

// manyHandshakes makes 1,000 TLS handshakes a second.
func (c *callers) manyHandshakes() {
	tick := time.NewTicker(time.Millisecond)
	c.each(32, 0, func(int) {
		<-tick.C
		if conn, err := c.open(0); err == nil {
			conn.Close()
		}
	})
}
