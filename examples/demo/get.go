package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// get prints the answer to a GET once it has this status: wshealthz gives a verdict again for up to a second.
func get(ctx context.Context, url string, status int) error {
	return retry(ctx, func() error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		body, err := io.ReadAll(io.LimitReader(response.Body, 1<<10))
		if err != nil {
			return err
		}
		text := strings.TrimSpace(string(body))
		if response.StatusCode != status {
			return fmt.Errorf("GET %s: %s %q, want %d", url, response.Status, text, status)
		}
		fmt.Printf("  GET %s\n  %d %s: %s\n", url, status, http.StatusText(status), text)
		return nil
	})
}

// errGiveUp, wrapped, ends retry at once.
var errGiveUp = errors.New("giving up")

// retry calls try until it returns nil, for at most patience, and returns its last error.
func retry(ctx context.Context, try func() error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := try()
		if err == nil || errors.Is(err, errGiveUp) {
			return err
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		}
	}
}
