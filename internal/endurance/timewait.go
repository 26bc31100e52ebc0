//go:build linux

package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"strings"
	"time"
)

const (
	perSecond   = 25               // probes at a gateway's real load, each requested over a new connection
	timeWait    = 60               // seconds for which Linux keeps a connection in TIME_WAIT
	timerError  = 5                // seconds by which the kernel's timer may be late, at its coarsest: HZ=100
	minimumTime = 90 * time.Second // until the first of them are gone, and more
)

// pace requests probes at the pace of a real gateway until others is closed, and at least until the first connections to
// the server are out of TIME_WAIT.
func (p *process) pace(others <-chan struct{}) []figure {
	defer p.stop()
	began, probes, most := time.Now(), 0, sides{}
	tick := time.NewTicker(time.Second / perSecond)
	defer tick.Stop()
	for running := true; running || time.Since(began) < minimumTime; probes++ {
		<-tick.C
		p.getOnce()
		if probes%(5*perSecond) == 0 {
			most = most.max(p.countTimeWait())
		}
		select {
		case <-others:
			running = false
		default:
		}
	}
	took := time.Since(began)
	logf("probes at the pace of a gateway: %d in %v, %.1f a second; in TIME_WAIT at most %d connections on the server's side and %d on ours",
		probes, took.Round(time.Second), float64(probes)/took.Seconds(), most.server, most.client)
	return []figure{{"connections to the server in TIME_WAIT at 25 probes a second", float64(most.server + most.client), perSecond * (timeWait + timerError), ""}}
}

// getOnce requests a verdict over a new connection.
func (p *process) getOnce() {
	conn, err := net.Dial("tcp", p.Health)
	p.check(err)
	defer conn.Close()
	_, err = io.WriteString(conn, "GET /health HTTP/1.1\r\nHost: localhost\r\nUser-Agent: endurance\r\n\r\n")
	p.check(err)
	_, err = readAnswer(textproto.NewReader(bufio.NewReader(conn)))
	p.check(err)
}

// Sides is a number of connections by the side that closed first and therefore keeps them.
type sides struct{ server, client int }

func (s sides) max(other sides) sides {
	return sides{max(s.server, other.server), max(s.client, other.client)}
}

// timeWaitState is how /proc/net/tcp shows TIME_WAIT (TCP_TIME_WAIT of the kernel's net/tcp_states.h).
const timeWaitState = "06"

// countTimeWait returns how many connections to the server are in TIME_WAIT. The kernel hands the table out page by page, and
// while connections come and go it shows some of them several times.
func (p *process) countTimeWait() (s sides) {
	table, err := os.ReadFile("/proc/net/tcp") // proc_pid_net(5): a number, the local address, the remote address, the state
	p.check(err)
	server, seen := fmt.Sprintf(":%04X", p.serverPort), map[[2]string]bool{}
	for line := range strings.Lines(string(table)) {
		fields := strings.Fields(line)
		if len(fields) < 4 || fields[3] != timeWaitState || seen[[2]string(fields[1:3])] {
			continue
		}
		seen[[2]string(fields[1:3])] = true
		switch {
		case strings.HasSuffix(fields[1], server):
			s.server++
		case strings.HasSuffix(fields[2], server):
			s.client++
		}
	}
	return s
}
