//go:build linux

package main

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	interval  = 250 * time.Millisecond
	giveUp    = 10 * time.Second      // the gateway's own timeout
	flightGap = 50 * time.Millisecond // by which two processes may see the ends of a flight differently
)

// A gateway asks the health path on new connections.
type gateway struct {
	address string
	tls     *tls.Config
	pause   time.Duration // before the second flight of its TLS handshake
	port    int           // of its own end, unless 0; each connection has the next one

	mu      sync.Mutex
	answers []answer
	stopped time.Time // when it did not wait any longer
	pending sync.WaitGroup
}

// An answer is what the gateway got, and when. status is 0 when there was none.
type answer struct {
	asked, answered time.Time
	status          int
	body            string
}

// ask asks once.
func (g *gateway) ask() answer {
	a := answer{asked: time.Now()}
	var err error
	if a.status, a.body, err = g.get("/health", "played-gateway/1.0"); err != nil {
		a.status, a.body = 0, err.Error()
	}
	a.answered = time.Now()
	if g.pause > 0 {
		a.answered = a.answered.Add(-g.pause)
	}
	return a
}

func (g *gateway) get(path, userAgent string) (status int, body string, err error) {
	dialer := net.Dialer{Timeout: giveUp, KeepAlive: -1}
	g.mu.Lock()
	if g.port > 0 {
		g.port++
		dialer.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: g.port}
	}
	g.mu.Unlock()
	conn, err := dialer.Dial("tcp", g.address)
	if err != nil {
		return 0, "", err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(giveUp))
	if g.tls != nil {
		conn = tls.Client(&pausingConn{Conn: conn, pause: g.pause}, g.tls)
	}
	if _, err = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: localhost\r\nUser-Agent: %s\r\nConnection: close\r\n\r\n", path, userAgent); err != nil {
		return 0, "", err
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, "", err
	}
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}

// A pausingConn waits once, before the second write: the flight that ends a TLS handshake.
type pausingConn struct {
	net.Conn
	pause  time.Duration
	writes int
}

func (c *pausingConn) Write(p []byte) (int, error) {
	if c.writes++; c.writes == 2 {
		time.Sleep(c.pause)
	}
	return c.Conn.Write(p)
}

// askUntil asks four times a second until done is closed, then waits for what is under way, at most for linger.
func (g *gateway) askUntil(done <-chan time.Time, linger time.Duration) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for asking := true; asking; {
		g.pending.Add(1)
		g.mu.Lock()
		number := len(g.answers)
		g.answers = append(g.answers, answer{asked: time.Now()})
		g.mu.Unlock()
		go func() {
			defer g.pending.Done()
			a := g.ask()
			g.mu.Lock()
			g.answers[number] = a
			g.mu.Unlock()
		}()
		select {
		case <-tick.C:
		case <-done:
			asking = false
		}
	}
	all := make(chan struct{})
	go func() { g.pending.Wait(); close(all) }()
	select {
	case <-all:
	case <-time.After(linger):
	}
	g.stopped = time.Now()
}

// got returns the answers so far. Those under way have no time of their answer.
func (g *gateway) got() []answer {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]answer(nil), g.answers...)
}

// late returns how long an answer took beyond what was not the adapter's fault: the time for which its process was
// stopped, then the flight of a probe under way when the gateway asked or begun for it. A later flight does not count:
// who waits for the next verdict, while there is one, was kept out.
func (a answer) late(stops, flights []window) time.Duration {
	due := afterStop(a.asked, stops)
	for _, flight := range flights {
		if due.After(flight.from.Add(-flightGap)) && due.Before(flight.to) && flight.to.Before(a.answered.Add(flightGap)) {
			due = afterStop(flight.to, stops)
			break
		}
	}
	return max(0, a.answered.Sub(due))
}

// afterStop returns the time, or the end of the stop that it lies in.
func afterStop(t time.Time, stops []window) time.Time {
	for _, stop := range stops {
		if !t.Before(stop.from) && t.Before(stop.to) {
			return stop.to
		}
	}
	return t
}
