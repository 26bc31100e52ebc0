//go:build linux

package main

import (
	"bufio"
	"log"
	"net"
)

// drains are attacks on the path where hooks wait for a drain. None begins, so those who may wait do so for 5 s, and the others
// are answered at once.
func drains() []*attack {
	wait := []string{"WSHEALTHZ_DRAIN_WAIT=true"}
	return []*attack{
		{name: "10,000 calls of /drain from one address", quick: true, environment: wait, seconds: 4, least: load{Requests: 3000},
			play: func(c *callers) { c.waitForDrain(200, 1) }},
		{name: "10,000 calls of /drain from 250 addresses", environment: wait, seconds: 4, least: load{Requests: 3000},
			play: func(c *callers) { c.waitForDrain(250, 250) }},
		{name: "250 calls of /drain on connections of their own", environment: wait, seconds: 4, least: load{Connections: 250},
			play: func(c *callers) { c.waitOnce(250) }},
	}
}

const drainRequest = "GET /drain HTTP/1.1\r\nHost: localhost\r\nUser-Agent: kube-lifecycle/1.37\r\n\r\n"

// waitForDrain calls again and again on n connections, from so many addresses.
func (c *callers) waitForDrain(n, addresses int) {
	c.each(n, 0, func(i int) {
		conn, err := c.connectFrom(i % addresses)
		if err != nil {
			return
		}
		defer conn.Close()
		r := bufio.NewReaderSize(conn, 512)
		for c.send(conn, 1, drainRequest) == nil && c.receive(r) == nil {
		}
	})
}

// waitOnce calls from n addresses, each time on a new connection that is not closed before the listener closes it.
func (c *callers) waitOnce(n int) {
	c.each(n, 0, func(i int) {
		if conn, err := c.connectFrom(i); err == nil {
			defer conn.Close()
			c.send(conn, 1, drainRequest)
			c.hold(conn)
		}
	})
}

// connectFrom connects to the health listener from an address of loopback that is the i-th caller's own.
func (c *callers) connectFrom(i int) (*net.TCPConn, error) {
	_, port, err := net.SplitHostPort(c.health)
	if err != nil {
		log.Fatal(err)
	}
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 1, byte(i/250), byte(1+i%250))}, KeepAlive: -1}
	conn, err := dialer.DialContext(c, "tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return nil, err
	}
	c.connections.Add(1)
	return conn.(*net.TCPConn), nil
}
