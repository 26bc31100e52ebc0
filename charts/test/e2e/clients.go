package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// A load is WebSocket clients that come at a constant rate and stay for a while.
type load struct {
	stay   time.Duration // on average
	stop   chan struct{} // closed when everybody shall go
	dialer websocket.Dialer

	mu     sync.Mutex // guards the report
	report report
}

// A report counts what became of the clients.
type report struct {
	Served  int    // those whose first message was echoed
	Left    int    // those of them who left themselves
	Away    int    // those whom the server sent away with a Close
	Refused []loss // those who got no WebSocket, or lost it before the first echo
	Cut     []loss // those whose WebSocket ended later and without a Close
}

// A loss is a client that should have been served.
type loss struct {
	At  time.Time // when it came, or when it was cut
	URL string
	Why string
}

// clients opens a WebSocket each 50 ms, at each URL in turn, until its standard input ends. Then all of them leave, and it prints
// the report as JSON. It prints "full" once as many have come as are open at a time, on average.
func clients(args []string) error {
	flags := flag.NewFlagSet("clients", flag.ExitOnError)
	every := flags.Duration("every", 50*time.Millisecond, "time between two clients")
	stay := flags.Duration("stay", 10*time.Second, "time for which a client stays, on average")
	flags.Parse(args)
	if flags.NArg() == 0 {
		return errors.New("clients has no URL, must have [flags] and one or more")
	}
	l := &load{stay: *stay, stop: make(chan struct{}), dialer: websocket.Dialer{HandshakeTimeout: replyTimeout}}
	go func() {
		io.Copy(io.Discard, os.Stdin)
		close(l.stop)
	}()
	var running sync.WaitGroup
	tick := time.NewTicker(*every)
	defer tick.Stop()
	for i := 0; l.wait(tick.C); i++ {
		running.Go(func() { l.client(flags.Arg(i % flags.NArg())) })
		if i == int(*stay / *every) {
			fmt.Println("full")
		}
	}
	running.Wait()
	return json.NewEncoder(os.Stdout).Encode(l.report)
}

// wait reports whether the time came before the end.
func (l *load) wait(until <-chan time.Time) bool {
	select {
	case <-until:
		return true
	case <-l.stop:
		return false
	}
}

const (
	replyTimeout    = 15 * time.Second // in which the server must have answered
	messageInterval = 2 * time.Second
)

// client opens a WebSocket, sends messages for a while, and leaves.
func (l *load) client(url string) {
	came := time.Now()
	conn, response, err := l.dialer.Dial(url, nil)
	if err != nil {
		l.refused(came, url, dialError(err, response))
		return
	}
	defer conn.Close()
	echoed, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- read(conn, echoed) }()
	leave := time.After(l.stay/2 + rand.N(l.stay))
	var left bool
	for err = nil; err == nil && !left; {
		conn.WriteMessage(websocket.TextMessage, []byte("hello")) // an error shows when reading
		select {
		case err = <-ended:
		case <-time.After(messageInterval):
		case <-leave:
			left = true
		case <-l.stop:
			left = true
		}
	}
	if left {
		message := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
		conn.WriteControl(websocket.CloseMessage, message, time.Now().Add(replyTimeout))
		err = <-ended
	}
	select {
	case <-echoed:
		l.ended(url, err, left)
	default:
		if !isClose(err) {
			l.refused(came, url, "no echo: "+err.Error())
		}
	}
}

// read reads until the WebSocket ends, and returns the error that says how. echoed is closed with the first message.
func read(conn *websocket.Conn, echoed chan<- struct{}) error {
	for i := 0; ; i++ {
		conn.SetReadDeadline(time.Now().Add(replyTimeout))
		if _, _, err := conn.ReadMessage(); err != nil {
			return err
		}
		if i == 0 {
			close(echoed)
		}
	}
}

// dialError returns why a WebSocket was not opened, with what the gateway says of it.
func dialError(err error, response *http.Response) string {
	if response == nil {
		return err.Error()
	}
	body, _ := io.ReadAll(response.Body)
	return fmt.Sprintf("%d %s", response.StatusCode, strings.TrimSpace(string(body)))
}

// isClose reports whether a WebSocket ended with the peer's Close.
func isClose(err error) bool {
	closed, ok := errors.AsType[*websocket.CloseError](err)
	return ok && closed.Code != websocket.CloseAbnormalClosure // which stands for none
}

func (l *load) refused(at time.Time, url, why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.report.Refused = append(l.report.Refused, loss{at, url, why})
}

// ended counts a client whose WebSocket has ended after its first echo.
func (l *load) ended(url string, err error, left bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.report.Served++
	switch {
	case !isClose(err):
		l.report.Cut = append(l.report.Cut, loss{time.Now(), url, err.Error()})
	case left:
		l.report.Left++
	default:
		l.report.Away++
	}
}
