package command

import (
	"context"
	"fmt"

	"wshealthz/internal/config"
)

// Usage is what help prints before the table of variables.
const Usage = `wshealthz answers a plain GET /health with the verdict of a real WebSocket handshake.

  wshealthz                serve the health listener
  wshealthz check [URL]    probe once; exit 0 healthy, 1 unhealthy, 64 misconfigured
    -wait 30s              try again until healthy; no new try after this
    -v                     everything that is known: what to try, what was sent and received, what a plain GET gets,
                           what to set (in color on a terminal, unless NO_COLOR is set)
    -json                  the same as one JSON object, instead of all other output
    -find                  when it is unhealthy, try what usually cures it, with at most 60 handshakes one after the other
    -secrets               with -v or -json: show header values, the target's query and WSHEALTHZ_SEND
  wshealthz drain          the wshealthz on this machine answers 503 from now on: its pod is going away
    -wait                  return when the gateway has noticed, and its users have left (WSHEALTHZ_DRAIN_SESSIONS)
    -off                   end that: the pod serves again
  wshealthz help           this text
  wshealthz version        the version

The environment (set to the empty string counts as unset, except for WSHEALTHZ_ADMIN_LISTEN):

`

// help prints the commands and the table of variables.
func help(_ context.Context, i *invocation) int {
	fmt.Fprint(i.stdout, Usage)
	for _, v := range config.Variables() {
		fmt.Fprintf(i.stdout, "  %-26s %-16s %s\n", v.Name, v.Default, v.Description)
	}
	return ExitOK
}
