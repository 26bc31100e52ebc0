package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/gorilla/websocket"
)

// serve runs the server as a child process, and kills it at SIGTERM.
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
		child.Process.Signal(syscall.SIGCONT) // in case it is stopped
		child.Process.Kill()
	}()
	child.Wait()
	return nil
}

// serveHere upgrades requests for any path, and echoes messages. PORT defaults to 8888; with CERT_FILE and KEY_FILE it speaks
// TLS.
func serveHere([]string) error {
	address := ":8888"
	if port := os.Getenv("PORT"); port != "" {
		address = ":" + port
	}
	if cert := os.Getenv("CERT_FILE"); cert != "" {
		return http.ListenAndServeTLS(address, cert, os.Getenv("KEY_FILE"), http.HandlerFunc(echo))
	}
	return http.ListenAndServe(address, http.HandlerFunc(echo))
}

func echo(w http.ResponseWriter, r *http.Request) {
	upgrader := websocket.Upgrader{}
	conn, err := upgrader.Upgrade(w, r, nil) // answers a plain GET with 400
	if err != nil {
		return
	}
	defer conn.Close()
	for {
		kind, message, err := conn.ReadMessage()
		if err != nil || conn.WriteMessage(kind, message) != nil {
			return
		}
	}
}

// signalChild sends STOP or CONT to the server of this container.
func signalChild(args []string) error {
	signals := map[string]syscall.Signal{"STOP": syscall.SIGSTOP, "CONT": syscall.SIGCONT}
	if len(args) != 1 || signals[args[0]] == 0 {
		return fmt.Errorf("signal has arguments %q, must be STOP or CONT", args)
	}
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return err
	}
	for _, file := range files {
		line, _ := os.ReadFile(file) // the process may have ended
		if words := bytes.Split(line, []byte{0}); len(words) > 1 && string(words[1]) == "child" {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			return syscall.Kill(pid, signals[args[0]])
		}
	}
	return fmt.Errorf("no server is running in this container")
}
