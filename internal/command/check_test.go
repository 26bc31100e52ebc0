package command

import (
	"bytes"
	"context"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"wshealthz/internal/config"
	"wshealthz/internal/testbed"
)

func TestMain(m *testing.M) { testbed.Main(m) }

// run runs a command in this process.
func run(t *testing.T, variables map[string]string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	testbed.Setenv(t, variables)
	var out, errors bytes.Buffer
	code = Run(t.Context(), Build{Version: "dev"}, args, os.Environ(), &out, &errors)
	return code, out.String(), errors.String()
}

func TestCheckHealthy(t *testing.T) {
	_, address := testbed.StartChat(t)
	for _, args := range [][]string{
		{"check", "ws://" + address + "/ws"}, {"check", "-v", "ws://" + address + "/ws"}, {"check", "ws://" + address + "/ws", "-wait", "1s", "-v"},
	} {
		code, stdout, stderr := run(t, map[string]string{"TARGET": "ws://127.0.0.1:1/"}, args...)
		verbose := strings.Contains(strings.Join(args, " "), "-v")
		want := regexp.MustCompile(`^ok\n  dial +\d+\.\d\d ms  ` + address + `\n  tls +-\n  upgrade +\d+\.\d\d ms\n  exchange +-\n`)
		if code != ExitOK || !want.MatchString(stdout) || stderr != "" {
			t.Errorf("%q: exit %d, %q, %q", args, code, stdout, stderr)
		}
		for _, line := range []string{"  close ", "  GET /ws HTTP/1.1\n", "  400 Bad Request, body \"Bad Request\"\n"} {
			if strings.Contains(stdout, line) != verbose {
				t.Errorf("%q: %q in %s is not what was asked for", args, line, stdout)
			}
		}
	}
}

// TestCheckShowsMessages: one line per message with its time; SEND only with -secrets.
func TestCheckShowsMessages(t *testing.T) {
	_, address := testbed.StartChat(t) // it sends each message to everybody, us too
	variables := map[string]string{"TARGET": "ws://" + address + "/ws", "SEND": "s3cret", "EXPECT": "cret$"}
	for _, secrets := range []string{"-secrets=false", "-secrets"} {
		code, stdout, _ := run(t, variables, "check", "-v", secrets)
		want := regexp.MustCompile(`\n +\d+\.\d\d ms  sent text   (…|"s3cret")\n +\d+\.\d\d ms  came text   "(\.\.\.|s3cret)"\n`)
		if code != ExitOK || !want.MatchString(stdout) || strings.Contains(stdout, "s3cret") != (secrets == "-secrets") || !strings.Contains(stdout, "\n  exchange ") {
			t.Errorf("%s: exit %d, %s", secrets, code, stdout)
		}
	}
}

func TestCheckUnhealthy(t *testing.T) {
	code, stdout, stderr := run(t, map[string]string{"TARGET": "ws://127.0.0.1:1/?s3cret", "HEADERS": "A: s3cret"}, "check", "-v")
	if code != ExitFailure || !strings.HasPrefix(stdout, "dial: refused: ") || stderr != "" || strings.Contains(stdout, "s3cret") {
		t.Errorf("exit %d, %q, %q", code, stdout, stderr)
	}
	if _, stdout, _ = run(t, map[string]string{"TARGET": "ws://127.0.0.1:1/?s3cret", "HEADERS": "A: s3cret"}, "check", "-secrets", "-v"); strings.Count(stdout, "s3cret") != 2 {
		t.Errorf("-secrets shows %s", stdout)
	}
}

// TestCheckWaits until the server is there.
func TestCheckWaits(t *testing.T) {
	listener := testbed.Listen(t)
	tries := make(chan struct{}, 16)
	go func() {
		for conn, err := listener.Accept(); err == nil; conn, err = listener.Accept() {
			tries <- struct{}{}
			defer conn.Close() // it does not let go: the next try comes all the same
			io.WriteString(conn, "HTTP/1.1 503 Service Unavailable\r\n\r\n")
		}
		close(tries)
	}()
	began := time.Now()
	code, stdout, _ := run(t, nil, "check", "-wait", "1500ms", "ws://"+listener.Addr().String())
	listener.Close()
	n := 0
	for range tries {
		n++
	}
	if code != ExitFailure || !strings.HasPrefix(stdout, "upgrade: bad_status: 503 ") || n < 2 || n > 7 {
		t.Errorf("exit %d after %d tries in %v: %s want 1 with the last verdict, after tries that are 250 ms apart", code, n, time.Since(began), stdout)
	}
}

func TestCheckIsInterrupted(t *testing.T) {
	testbed.Setenv(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout bytes.Buffer
	if code := Run(ctx, Build{Version: "dev"}, []string{"check", "-wait", "1h", "ws://127.0.0.1:1/"}, os.Environ(), &stdout, io.Discard); code != ExitFailure || !strings.HasPrefix(stdout.String(), "canceled: ") {
		t.Errorf("exit %d: %s", code, &stdout)
	}
}

// TestMisuse: one line on standard error, exit 64, nothing on standard output.
func TestMisuse(t *testing.T) {
	for want, args := range map[string][]string{
		`unknown command "serve"`:                  {"serve"},
		`unknown command "-v"`:                     {"-v"},
		`unknown command ""`:                       {""},
		`unknown command "ws://a/?…"`:              {"ws://a/?s3cret"},
		`unknown argument "x"`:                     {"version", "x"},
		"flag provided but not defined: -x":        {"check", "-x"},
		`check takes one URL, not "ws://b/?…" too`: {"check", "ws://a", "-v", "ws://b/?s3cret"},
		"-wait -1s is below 0":                     {"check", "-wait", "-1s"},
		`invalid value "x" for flag -wait`:         {"check", "-wait", "x"},
		`invalid value "ws://h/?…" for flag -wait`: {"check", "-wait", "ws://h/?s3cret"},
		`boolean value "ws://h/?…" for -secrets`:   {"check", "-secrets=ws://h/?s3cret"},
		"drain takes one of -off and -wait":        {"drain", "-off", "-wait"},
		`unknown argument "now"`:                   {"drain", "now"},
		"flag provided but not defined: -on":       {"drain", "-on"},
		"URL: is \"http://a\"":                     {"check", "http://a"},
		"WSHEALTHZ_TARGET: is not set":             {"check"},
	} {
		code, stdout, stderr := run(t, nil, args...)
		if code != ExitUsage || stdout != "" || !strings.Contains(stderr, want) || strings.Contains(stderr, "s3cret") {
			t.Errorf("%q: exit %d, %q, %q, want 64 and %s", args, code, stdout, stderr, want)
		}
	}
}

func TestHelpAndVersion(t *testing.T) {
	for _, args := range [][]string{{"help"}, {"-h"}, {"--help"}, {"check", "-h"}, {"drain", "-h"}} {
		code, stdout, stderr := run(t, map[string]string{"TARGET": "wrong"}, args...)
		if code != ExitOK || stderr != "" {
			t.Errorf("%q: exit %d, %q", args, code, stderr)
		}
		for _, v := range config.Variables() {
			if !strings.Contains(stdout, "  "+v.Name+" ") {
				t.Errorf("%q does not name %s", args, v.Name)
			}
		}
	}
}
