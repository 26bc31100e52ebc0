package main

import (
	"context"
	"fmt"
	"io"
)

const usage = `wshealthz answers a plain GET /health with the verdict of a real WebSocket handshake.

  wshealthz                serve the health listener
  wshealthz check [URL]    probe once; exit 0 healthy, 1 unhealthy, 64 misconfigured
    -wait 30s              try again until healthy; no new try after this
    -v                     all that is known: what to try, what was said, what a plain GET gets, what to set
                           (colours on a terminal, unless NO_COLOR is set)
    -json                  the same as one JSON object, instead of all else on standard output
    -secrets               with -v or -json: show header values, the target's query and WSHEALTHZ_SEND
  wshealthz help           this text
  wshealthz version        the version

The environment (set to the empty string is unset, except WSHEALTHZ_ADMIN_LISTEN):

`

// help prints the commands and the environment table.
func help(_ context.Context, _, _ []string, stdout, _ io.Writer) int {
	fmt.Fprint(stdout, usage)
	for _, v := range new(environment).variables() {
		fmt.Fprintf(stdout, "  %-26s %-16s %s\n", v.name, v.def, v.desc)
	}
	return exitOK
}
