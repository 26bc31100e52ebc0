// Demo shows what wshealthz does, with two real processes on loopback: the unmodified chat server of gorilla/websocket
// and wshealthz. A plain GET to the server gets 400, which is what a gateway sees today. GET /health on wshealthz gets
// 200 while the server serves WebSockets, and 503 with the reason while it does not. The demo ends by itself; with
// -stay both processes keep running until Ctrl-C. It needs nothing but Go.
package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	stay := flag.Bool("stay", false, "keep the server and wshealthz running, and print their URLs")
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
	fmt.Println("building the chat server of gorilla/websocket, unmodified, and wshealthz ...")
	p, err := start(ctx, dir)
	defer p.stop()
	if err != nil {
		return err
	}
	if stay {
		fmt.Printf("\nchat server   ws://%s/ws\nhealth        %s\n\nCtrl-C stops both\n", p.address, p.health)
		<-ctx.Done()
		return nil
	}
	return show(ctx, p)
}

// show prints what the server and wshealthz answer while the server runs, after it has stopped, and when it runs again.
func show(ctx context.Context, p *processes) error {
	fmt.Println("\nThe server runs. What a gateway sees without wshealthz:")
	if err := get(ctx, "http://"+p.address+"/ws", http.StatusBadRequest); err != nil {
		return err
	}
	fmt.Println("\nWhat it sees with wshealthz:")
	if err := get(ctx, p.health, http.StatusOK); err != nil {
		return err
	}
	fmt.Println("\nThe server is stopped:")
	p.chat.Stop()
	if err := get(ctx, p.health, http.StatusServiceUnavailable); err != nil {
		return err
	}
	fmt.Println("\nThe server runs again:")
	if err := p.startChat(ctx, p.address); err != nil {
		return err
	}
	return get(ctx, p.health, http.StatusOK)
}
