package program

import (
	"encoding/json"
	"fmt"
	"time"
)

// Addresses are where a running wshealthz listens.
type Addresses struct {
	Health string `json:"listen"`
	Admin  string `json:"admin_listen"` // "" without an admin listener
}

// Serving waits for the first line that wshealthz logs and returns the addresses in it: with port 0 configured, the
// ports that the kernel chose. The log must be JSON and its level info or lower.
func (p *Process) Serving(patience time.Duration) (Addresses, error) {
	select {
	case <-p.firstLine:
		return addresses(p.Lines()[0])
	case <-p.exited:
		if lines := p.Lines(); len(lines) > 0 {
			return addresses(lines[0])
		}
		return Addresses{}, fmt.Errorf("%s exited with code %d and logged nothing", p.cmd.Path, p.ExitCode())
	case <-time.After(patience):
		return Addresses{}, fmt.Errorf("%s logged nothing within %v", p.cmd.Path, patience)
	}
}

func addresses(line string) (Addresses, error) {
	var start struct {
		Msg string
		Addresses
	}
	if err := json.Unmarshal([]byte(line), &start); err != nil || start.Msg != "serving" || start.Health == "" {
		return Addresses{}, fmt.Errorf(`the first line of the log is %s, want JSON with "msg":"serving" and "listen"`, line)
	}
	return start.Addresses, nil
}
