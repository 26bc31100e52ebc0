package main

import (
	"io"
	"os"
	"strings"

	"wshealthz/upgrade"
)

// A palette draws and paints for a person at a terminal. The zero palette leaves text as it is. Colour never says what
// the words do not.
type palette struct {
	terminal bool // there are bars
	colours  bool
}

// Select Graphic Rendition, ECMA-48 section 8.3.117.
const (
	plain  = ""
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
)

// paletteFor paints for a terminal of a kind that is known to have colours, unless the person wants none (NO_COLOR is
// not empty, https://no-color.org). A terminal is told by its character device, without a library: /dev/null is one too,
// and nobody sees its colours.
func paletteFor(w io.Writer, environ []string) (p palette) {
	if file, ok := w.(*os.File); ok {
		info, err := file.Stat()
		p.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	kind := valueOf(environ, "TERM")
	p.colours = p.terminal && kind != "" && kind != "dumb" && valueOf(environ, "NO_COLOR") == ""
	return p
}

// valueOf is what a variable holds, "" when it is not set.
func valueOf(environ []string, name string) string {
	for _, entry := range environ {
		if value, found := strings.CutPrefix(entry, name+"="); found {
			return value
		}
	}
	return ""
}

func (p palette) paint(colour, text string) string {
	if !p.colours || colour == plain {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// verdict is the verdict's line, phase and reason painted.
func (p palette) verdict(v upgrade.Verdict) string {
	if v.Healthy() {
		return p.paint(bold+";"+green, v.String())
	}
	name := v.Reason.String()
	if phase := v.Reason.Phase(); phase != upgrade.NoPhase {
		name = phase.String() + ": " + name
	}
	return p.paint(bold+";"+red, name) + strings.TrimPrefix(v.String(), name)
}
