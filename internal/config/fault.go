package main

import (
	"fmt"
	"io"
	"strconv"
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

// shownURL is text that may be a URL, or was meant as one, as it may be shown: quoted, without what may be userinfo
// and without the query.
func shownURL(raw string) string {
	shown := raw
	if at := strings.LastIndex(shown, "@"); at >= 0 {
		scheme := ""
		if start := strings.Index(shown[:at], "://"); start >= 0 {
			scheme = shown[:start+len("://")]
		}
		shown = scheme + "…" + shown[at:]
	}
	shown, _, query := strings.Cut(shown, "?")
	if query {
		shown += "?…"
	}
	return strconv.Quote(shown)
}
