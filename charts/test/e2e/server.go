package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/gorilla/websocket"
)

// serve runs the server as a child process, and has it end at SIGTERM, also when it is stopped.
func serve([]string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	child := exec.Command(self, "child")
	child.Stdout, child.Stderr = os.Stdout, os.Stderr
	if err := child.Start(); err != nil {
		return err
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		<-stop
		child.Process.Signal(syscall.SIGTERM)
		child.Process.Signal(syscall.SIGCONT)
	}()
	child.Wait()
	return nil
}

// A server upgrades requests for any path but /livez, which it answers with 200, and echoes messages. With a token it refuses
// those that lack it.
type server struct {
	token string // "" for none

	handlers sync.WaitGroup
	mu       sync.Mutex // guards the rest
	open     map[*websocket.Conn]struct{}
	ending   bool
}

// serveHere runs a server until SIGTERM. PORT defaults to 8888; with CERT_FILE and KEY_FILE it speaks TLS; TOKEN is what the
// header X-Token must be.
func serveHere([]string) error {
	address := ":8888"
	if port := os.Getenv("PORT"); port != "" {
		address = ":" + port
	}
	s := &server{token: os.Getenv("TOKEN"), open: map[*websocket.Conn]struct{}{}}
	listener := &http.Server{Addr: address, Handler: s}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	ended := make(chan struct{})
	go func() {
		<-stop
		s.end(listener)
		close(ended)
	}()
	var err error
	if cert := os.Getenv("CERT_FILE"); cert != "" {
		err = listener.ListenAndServeTLS(cert, os.Getenv("KEY_FILE"))
	} else {
		err = listener.ListenAndServe()
	}
	if !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	<-ended
	return nil
}

// closeTimeout is how long the server waits for its clients to answer its Close.
const closeTimeout = 5 * time.Second

// end ends the server as one should: it accepts nobody any more, sends everybody who is connected a Close, and waits for theirs.
func (s *server) end(listener *http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	listener.Shutdown(ctx)
	s.mu.Lock()
	s.ending = true
	for conn := range s.open {
		goAway(conn)
	}
	s.mu.Unlock()
	closed := make(chan struct{})
	go func() {
		s.handlers.Wait()
		close(closed)
	}()
	select {
	case <-closed:
	case <-ctx.Done():
	}
}

func goAway(conn *websocket.Conn) {
	message := websocket.FormatCloseMessage(websocket.CloseGoingAway, "")
	conn.WriteControl(websocket.CloseMessage, message, time.Now().Add(closeTimeout))
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.handlers.Add(1)
	defer s.handlers.Done()
	if r.URL.Path == "/livez" {
		return
	}
	if s.token != "" && r.Header.Get("X-Token") != s.token {
		http.Error(w, "wrong token", http.StatusForbidden)
		return
	}
	upgrader := websocket.Upgrader{}
	conn, err := upgrader.Upgrade(w, r, nil) // answers a plain GET with 400
	if err != nil {
		return
	}
	defer conn.Close()
	s.mu.Lock()
	s.open[conn] = struct{}{}
	if s.ending {
		goAway(conn)
	}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.open, conn)
		s.mu.Unlock()
	}()
	for {
		kind, message, err := conn.ReadMessage()
		if err != nil || conn.WriteMessage(kind, message) != nil {
			return
		}
	}
}
