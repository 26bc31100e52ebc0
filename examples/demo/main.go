// Demo shows what wshealthz is for with two real processes: the unmodified chat server of gorilla/websocket, and the
// adapter beside it. A plain GET to the server gets 400, which is what a gateway sees today; GET /health on the
// adapter gets 200 while the server serves WebSockets and 503 with the reason when it does not. It ends by itself;
// with -stay both keep running until Ctrl-C.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	chatPackage    = "github.com/gorilla/websocket/examples/chat"
	adapterPackage = "wshealthz"
	startBound     = 20 * time.Second
)

func main() {
	stay := flag.Bool("stay", false, "keep server and adapter running, and print their URLs")
	flag.Parse()
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	if err := demo(ctx, *stay); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func demo(ctx context.Context, stay bool) error {
	dir, err := os.MkdirTemp("", "wshealthz-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Println("building the chat server of gorilla/websocket, as it is, and wshealthz ...")
	chat, adapter, err := build(ctx, dir)
	if err != nil {
		return err
	}
	chatAddress, healthAddress, err := freeAddresses()
	if err != nil {
		return err
	}
	server := process{path: chat, args: []string{"-addr", chatAddress}, address: chatAddress}
	sidecar := process{path: adapter, env: []string{"WSHEALTHZ_TARGET=ws://" + chatAddress + "/ws", "WSHEALTHZ_LISTEN=" + healthAddress}, address: healthAddress}
	for _, p := range []*process{&server, &sidecar} {
		if err := p.start(ctx); err != nil {
			return err
		}
		defer p.stop()
	}
	plainURL, healthURL := "http://"+chatAddress+"/ws", "http://"+healthAddress+"/health"
	if stay {
		fmt.Printf("\nchat server   ws://%s/ws\nhealth        %s\n\nCtrl-C ends both\n", chatAddress, healthURL)
		<-ctx.Done()
		return nil
	}
	return show(ctx, &server, plainURL, healthURL)
}

// show asks the server and the adapter while the server runs, is stopped, and runs again.
func show(ctx context.Context, server *process, plainURL, healthURL string) error {
	fmt.Println("\nThe server runs. What a gateway sees without wshealthz:")
	if err := get(ctx, plainURL, http.StatusBadRequest); err != nil {
		return err
	}
	fmt.Println("\nWhat it sees with wshealthz:")
	if err := get(ctx, healthURL, http.StatusOK); err != nil {
		return err
	}
	fmt.Println("\nThe server is stopped:")
	server.stop()
	if err := get(ctx, healthURL, http.StatusServiceUnavailable); err != nil {
		return err
	}
	fmt.Println("\nThe server runs again:")
	if err := server.start(ctx); err != nil {
		return err
	}
	return get(ctx, healthURL, http.StatusOK)
}

// build builds both programs into dir.
func build(ctx context.Context, dir string) (chat, adapter string, err error) {
	chat, adapter = filepath.Join(dir, "chat"), filepath.Join(dir, "wshealthz")
	for path, pkg := range map[string]string{chat: chatPackage, adapter: adapterPackage} {
		out, err := exec.CommandContext(ctx, "go", "build", "-o", path, pkg).CombinedOutput()
		if err != nil {
			return "", "", fmt.Errorf("go build %s: %w\n%s", pkg, err, out)
		}
	}
	return chat, adapter, nil
}

// freeAddresses returns two loopback addresses on which nobody listens.
func freeAddresses() (string, string, error) {
	var addresses [2]string
	for i := range addresses {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return "", "", err
		}
		defer listener.Close()
		addresses[i] = listener.Addr().String()
	}
	return addresses[0], addresses[1], nil
}

// get prints the answer to a GET. A verdict is shared for a second, so another status than want is asked for again.
func get(ctx context.Context, url string, want int) error {
	for end := time.Now().Add(startBound); ; time.Sleep(100 * time.Millisecond) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		body, err := io.ReadAll(io.LimitReader(response.Body, 1<<10))
		response.Body.Close()
		if err != nil {
			return err
		}
		if response.StatusCode == want {
			fmt.Printf("  GET %s\n  %s: %s\n", url, response.Status, strings.TrimSpace(string(body)))
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("GET %s: %s %q, want %d", url, response.Status, body, want)
		}
	}
}

// A process is a program that listens on address.
type process struct {
	path    string
	args    []string
	env     []string
	address string

	cmd *exec.Cmd
}

// start returns once the address takes connections.
func (p *process) start(ctx context.Context) error {
	p.cmd = exec.CommandContext(ctx, p.path, p.args...)
	p.cmd.Env = append(p.env, "PATH="+os.Getenv("PATH"))
	p.cmd.Stderr = os.Stderr
	if err := p.cmd.Start(); err != nil {
		return err
	}
	for end := time.Now().Add(startBound); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("tcp", p.address)
		if err == nil {
			return conn.Close()
		}
		if ctx.Err() != nil || time.Now().After(end) {
			return errors.Join(fmt.Errorf("%s does not listen on %s", filepath.Base(p.path), p.address), err)
		}
	}
}

// stop ends the process as Kubernetes does, with SIGTERM.
func (p *process) stop() {
	p.cmd.Process.Signal(syscall.SIGTERM)
	p.cmd.Wait()
}
