package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"time"

	"wshealthz/internal/testbed/program"
)

// patience bounds each start and each wait for an answer.
const patience = 30 * time.Second

// processes are the running server and wshealthz.
type processes struct {
	executable      string // of the chat server
	address         string // on which the chat server listens
	health          string // URL
	chat, wshealthz *program.Process
}

// start builds both programs into dir and starts them. What it returns is to be stopped, with an error too.
func start(ctx context.Context, dir string) (*processes, error) {
	p := new(processes)
	var err error
	if p.executable, err = program.Build(ctx, dir, "github.com/gorilla/websocket/examples/chat"); err != nil {
		return p, err
	}
	wshealthz, err := program.Build(ctx, dir, "wshealthz")
	if err != nil {
		return p, err
	}
	for range 3 { // the chat server cannot choose a port and report it; another process may take the free one first
		address, err := freeAddress()
		if err != nil {
			return p, err
		}
		if err = p.startChat(ctx, address); err == nil {
			break
		}
		fmt.Fprintln(os.Stderr, "demo:", err)
	}
	if p.address == "" {
		return p, fmt.Errorf("the chat server did not start")
	}
	env := []string{"WSHEALTHZ_TARGET=ws://" + p.address + "/ws", "WSHEALTHZ_LISTEN=127.0.0.1:0", "WSHEALTHZ_ADMIN_LISTEN="}
	if p.wshealthz, err = program.Start(wshealthz, env, os.Stderr); err != nil {
		return p, err
	}
	addresses, err := p.wshealthz.Serving(patience)
	p.health = "http://" + addresses.Health + "/health"
	return p, err
}

// startChat starts the chat server and waits until it listens.
func (p *processes) startChat(ctx context.Context, address string) error {
	chat, err := program.Start(p.executable, nil, os.Stderr, "-addr", address)
	if err != nil {
		return err
	}
	p.chat = chat
	err = retry(ctx, func() error {
		select {
		case <-chat.Exited():
			return fmt.Errorf("the chat server on %s exited: %w", address, errGiveUp)
		default:
		}
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return err
		}
		return conn.Close()
	})
	if err != nil {
		chat.Kill()
		return err
	}
	p.address = address
	return nil
}

func (p *processes) stop() {
	for _, process := range []*program.Process{p.wshealthz, p.chat} {
		if process != nil {
			process.Stop()
		}
	}
}

// freeAddress returns a loopback address on which nobody listens.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}
