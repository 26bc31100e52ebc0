package command

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"wshealthz/internal/config"
	"wshealthz/probe"
	"wshealthz/probe/admin"
)

const (
	drainTimeout  = 10 * time.Second // for an answer that waits for nothing
	maxDrainReply = 1 << 10          // bytes of a body
)

// drain has the wshealthz that serves on this machine begin a drain, or end it with -off, and prints its answer. With -wait that
// comes when the drain is over.
func drain(ctx context.Context, i *invocation) int {
	off, wait, err := parseDrain(i.args)
	switch {
	case err == flag.ErrHelp:
		return help(ctx, i)
	case err != nil:
		return i.misused(err.Error())
	}
	addresses, faults := config.LoadAdmin()
	if len(faults) > 0 {
		return i.misconfigured(faults)
	}
	method, path := http.MethodPost, probe.DrainPath
	switch {
	case off:
		method = http.MethodDelete
	case wait:
		path += "?" + admin.WaitQuery
	}
	if !wait {
		limited, cancel := context.WithTimeout(ctx, drainTimeout)
		defer cancel()
		ctx = limited
	}
	reply, err := callAdmin(ctx, addresses, method, path)
	if err != nil {
		fmt.Fprintf(i.stderr, "wshealthz: drain: %v\n", err)
		return ExitFailure
	}
	fmt.Fprintln(i.stdout, reply)
	return ExitOK
}

func parseDrain(args []string) (off, wait bool, err error) {
	flags := flag.NewFlagSet("drain", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.BoolVar(&off, "off", false, "")
	flags.BoolVar(&wait, "wait", false, "")
	switch err := flags.Parse(args); {
	case err != nil:
		return off, wait, err
	case flags.NArg() > 0:
		return off, wait, fmt.Errorf("unknown argument %s", quoteURL(flags.Arg(0)))
	case off && wait:
		return off, wait, fmt.Errorf("drain takes one of -off and -wait")
	}
	return off, wait, nil
}

// callAdmin sends a request to the admin listener at the first address that accepts, and returns the line of its answer. An answer
// other than 200 is an error. Not an http.Client: it would make the binary 0.2 MiB larger, for one request to loopback.
func callAdmin(ctx context.Context, addresses []string, method, path string) (line string, err error) {
	conn, err := dialFirst(ctx, addresses)
	if err != nil {
		return "", fmt.Errorf("%w (is wshealthz running on this machine, with the same WSHEALTHZ_ADMIN_LISTEN?)", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.SetDeadline(time.Now()) })()
	peer := conn.RemoteAddr().String()
	request, err := http.NewRequest(method, "http://"+peer+path, nil)
	if err != nil {
		return "", err
	}
	if err := request.Write(conn); err != nil {
		return "", err
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), request)
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return "", fmt.Errorf("interrupted, the drain goes on")
	case err != nil:
		return "", fmt.Errorf("no answer from %s: %w", peer, err)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxDrainReply))
	if line = strings.TrimSpace(string(body)); err != nil || response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s answers %s: %q", peer, response.Status, line)
	}
	return line, nil
}

// dialFirst connects to the first address that accepts. The error is that of the first address.
func dialFirst(ctx context.Context, addresses []string) (net.Conn, error) {
	var first error
	for _, address := range addresses {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err == nil {
			return conn, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}
