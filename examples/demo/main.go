// Demo shows what wshealthz is for with two real processes: the unmodified chat server of gorilla/websocket, and the
// adapter beside it. A plain GET to the server gets 400, which is what a gateway sees today; GET /health on the
// adapter gets 200 while the server serves WebSockets and 503 with the reason when it does not. It ends by itself;
// with -stay both keep running until Ctrl-C.
package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"wshealthz/examples/internal/beside"
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
	programs, err := beside.Build(ctx, dir)
	if err != nil {
		return err
	}
	pair, err := programs.Pair(map[string]string{"WSHEALTHZ_TARGET": "ws://localhost/ws"}, os.Stderr)
	if err != nil {
		return err
	}
	for _, p := range []*beside.Process{pair.Server, pair.Adapter} {
		if err := p.Start(ctx); err != nil {
			return err
		}
		defer p.End(syscall.SIGTERM)
	}
	if stay {
		fmt.Printf("\nchat server   ws://%s/ws\nhealth        %s\n\nCtrl-C ends both\n", pair.Server.Address, pair.Health)
		<-ctx.Done()
		return nil
	}
	return show(ctx, pair)
}

// show asks the server and the adapter while the server runs, is stopped, and runs again.
func show(ctx context.Context, pair *beside.Pair) error {
	fmt.Println("\nThe server runs. What a gateway sees without wshealthz:")
	if err := get(ctx, "http://"+pair.Server.Address+"/ws", http.StatusBadRequest); err != nil {
		return err
	}
	fmt.Println("\nWhat it sees with wshealthz:")
	if err := get(ctx, pair.Health, http.StatusOK); err != nil {
		return err
	}
	fmt.Println("\nThe server is stopped:")
	pair.Server.End(syscall.SIGTERM)
	if err := get(ctx, pair.Health, http.StatusServiceUnavailable); err != nil {
		return err
	}
	fmt.Println("\nThe server runs again:")
	if err := pair.Server.Start(ctx); err != nil {
		return err
	}
	return get(ctx, pair.Health, http.StatusOK)
}

// get prints the answer to a GET that has this status.
func get(ctx context.Context, url string, status int) error {
	body, err := beside.Get(ctx, url, status)
	if err == nil {
		fmt.Printf("  GET %s\n  %d %s: %s\n", url, status, http.StatusText(status), body)
	}
	return err
}
