package main

import (
	"fmt"
	"io"
	"strings"
)

// A fault is one thing that is wrong with the configuration: the variable (or argument), and in text what it
// holds, never a secret, and what it may hold.
type fault struct{ name, text string }

func (f fault) String() string { return f.name + ": " + f.text }

// report writes a line for each fault and returns the exit code of a wrong configuration.
func report(stderr io.Writer, faults []fault) int {
	for _, f := range faults {
		fmt.Fprintln(stderr, "wshealthz:", f)
	}
	noun := "faults"
	if len(faults) == 1 {
		noun = "fault"
	}
	fmt.Fprintf(stderr, "wshealthz: %d %s in the configuration, nothing started (wshealthz help lists the variables)\n", len(faults), noun)
	return exitUsage
}

// shownURL is a URL that may not even be one, as it may be shown: without userinfo and query.
func shownURL(raw string) string {
	shown, _, query := strings.Cut(raw, "?")
	start := strings.Index(shown, "//")
	if start < 0 {
		start = -2
	}
	authority, path, slash := strings.Cut(shown[start+2:], "/")
	if at := strings.LastIndex(authority, "@"); at >= 0 {
		authority = "…" + authority[at:]
	}
	shown = shown[:start+2] + authority
	if slash {
		shown += "/" + path
	}
	if query {
		shown += "?…"
	}
	return fmt.Sprintf("%q", shown)
}
