//go:build linux

package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// keepAlive is after how many answers a caller opens a new connection.
const keepAlive = 3200

// Callers request the health path again and again, each over one connection, and want 200.
type callers struct {
	*process
	depth int // requests that are sent ahead of the answers

	pause  sync.RWMutex // held for writing while nobody may request
	ended  atomic.Bool
	active sync.WaitGroup
}

func startCallers(p *process, count, depth int) *callers {
	c := &callers{process: p, depth: depth}
	for range count {
		c.active.Go(func() { c.request() })
	}
	return c
}

// whilePaused calls measure while no request is under way. The connections stay open.
func (c *callers) whilePaused(measure func()) {
	c.pause.Lock()
	defer c.pause.Unlock()
	measure()
}

func (c *callers) end() {
	c.ended.Store(true)
	c.active.Wait()
}

func (c *callers) request() {
	batch := strings.Repeat("GET /health HTTP/1.1\r\nHost: localhost\r\nUser-Agent: endurance\r\n\r\n", c.depth)
	for !c.ended.Load() {
		conn, err := net.Dial("tcp", c.Health)
		c.check(err)
		in := textproto.NewReader(bufio.NewReader(conn))
		for answered, open := 0, true; open && answered < keepAlive && !c.ended.Load(); answered += c.depth {
			open = c.requestBatch(conn, in, batch)
		}
		conn.Close()
	}
}

// requestBatch sends the requests of a batch and reads their answers. It reports whether the connection stays open.
func (c *callers) requestBatch(conn net.Conn, in *textproto.Reader, batch string) bool {
	c.pause.RLock()
	defer c.pause.RUnlock()
	_, err := io.WriteString(conn, batch)
	c.check(err)
	for range c.depth {
		open, err := readAnswer(in)
		c.check(err)
		if !open {
			return false // what was sent after this request is not answered
		}
	}
	return true
}

// readAnswer reads an answer and reports whether the connection stays open. It is an error unless the status is 200.
func readAnswer(in *textproto.Reader) (open bool, err error) {
	line, err := in.ReadLine()
	if err != nil {
		return false, fmt.Errorf("reading an answer: %w", err)
	}
	if !strings.HasPrefix(line, "HTTP/1.1 200") {
		return false, fmt.Errorf("the answer begins %q, want 200", line)
	}
	fields, err := in.ReadMIMEHeader()
	if err != nil {
		return false, fmt.Errorf("reading an answer: %w", err)
	}
	length, err := strconv.Atoi(fields.Get("Content-Length"))
	if err != nil {
		return false, fmt.Errorf("the answer's Content-Length: %w", err)
	}
	_, err = in.R.Discard(length)
	return !strings.EqualFold(fields.Get("Connection"), "close"), err
}
