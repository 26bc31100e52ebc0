package command

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/creack/pty"

	"wshealthz/internal/testbed"
)

// onTerminal runs a command in this process with a terminal as its standard output, and returns what came there.
func onTerminal(t *testing.T, variables map[string]string, args ...string) string {
	t.Helper()
	testbed.Setenv(t, variables)
	person, terminal, err := pty.Open()
	if err != nil {
		t.Skip("no terminals here: ", err)
	}
	defer person.Close()
	shown := make(chan string, 1)
	go func() {
		var out bytes.Buffer
		out.ReadFrom(person) // ends with EIO when the terminal is closed
		shown <- out.String()
	}()
	var stderr bytes.Buffer
	Run(t.Context(), Build{Version: "dev"}, args, os.Environ(), terminal, &stderr)
	terminal.Close()
	if stderr.Len() > 0 {
		t.Error(stderr.String())
	}
	return strings.ReplaceAll(<-shown, "\r\n", "\n")
}

var painted = regexp.MustCompile(`\x1b\[[0-9;]*m`)

// TestColors: on a terminal that has them, and the words are the same without.
func TestColors(t *testing.T) {
	port := serverOn(t, "127.0.0.1:0")
	args := []string{"check", "-v", "ws://localhost:" + port + "/forbidden"}
	variables := map[string]string{"TIMEOUT": patient}
	t.Setenv("NO_COLOR", "") // empty is not set
	t.Setenv("TERM", "xterm-256color")
	colored := steady(painted.ReplaceAllString(onTerminal(t, variables, args...), ""), port)
	if got := onTerminal(t, variables, args...); !strings.HasPrefix(got, "\x1b[1;31mupgrade: bad_status\x1b[0m: 403 ") || !strings.Contains(got, "\x1b[1mto try:\x1b[0m\n") {
		t.Errorf("no colors on a terminal: %q", got)
	}
	_, piped, _ := run(t, variables, args...)
	if strings.Contains(piped, "\x1b") || regexp.MustCompile(`(?m) =+$`).MatchString(piped) {
		t.Errorf("in a pipe: %q", piped)
	}
	for _, no := range []struct{ name, value string }{{"NO_COLOR", "0"}, {"TERM", "dumb"}, {"TERM", ""}} {
		t.Run(no.name+"="+no.value, func(t *testing.T) {
			t.Setenv(no.name, no.value)
			got := onTerminal(t, variables, args...)
			if strings.Contains(got, "\x1b") {
				t.Errorf("colors: %q", got)
			}
			if d := diff(steady(got, port), colored); d != "" {
				t.Error(d)
			}
		})
	}
	if !regexp.MustCompile(`\n  upgrade TIME  BAR  failed\n`).MatchString(colored) {
		t.Errorf("no bar, or the failed phase is told by its color alone: %s", colored)
	}
	if bare := regexp.MustCompile(`  BAR(  failed)?`).ReplaceAllString(colored, ""); bare != steady(piped, port) {
		t.Error("terminal and pipe: " + diff(bare, steady(piped, port)))
	}
}

// TestPlainCheckIsPlain: without -v the verdict's lines are for programs too.
func TestPlainCheckIsPlain(t *testing.T) {
	port := serverOn(t, "127.0.0.1:0")
	t.Setenv("TERM", "xterm")
	for _, flag := range []string{"-v=false", "-json"} {
		if got := onTerminal(t, map[string]string{"TIMEOUT": patient}, "check", flag, "ws://localhost:"+port); strings.Contains(got, "\x1b") {
			t.Errorf("%s: %q", flag, got)
		}
	}
}
