package doctor

import (
	"io"
	"os"
	"strings"

	"wshealthz/upgrade"
)

// A Palette draws and colors text for a person at a terminal. The zero Palette leaves text as it is. Color never says what
// the words do not.
type Palette struct {
	terminal bool // bars are drawn
	color    bool
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

// PaletteFor returns colors for a terminal of a kind that is known to have them, unless the person wants none (NO_COLOR is
// not empty, https://no-color.org). A terminal is recognized by its character device, without a library: /dev/null is one
// too, and nobody sees its colors.
func PaletteFor(w io.Writer, environ []string) (p Palette) {
	if file, ok := w.(*os.File); ok {
		info, err := file.Stat()
		p.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	kind := valueOf(environ, "TERM")
	p.color = p.terminal && kind != "" && kind != "dumb" && valueOf(environ, "NO_COLOR") == ""
	return p
}

// valueOf returns what a variable holds, "" when it is not set.
func valueOf(environ []string, name string) string {
	for _, entry := range environ {
		if value, found := strings.CutPrefix(entry, name+"="); found {
			return value
		}
	}
	return ""
}

func (p Palette) paint(color, text string) string {
	if !p.color || color == plain {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

// verdict returns the verdict's line with phase and reason in color.
func (p Palette) verdict(v upgrade.Verdict) string {
	if v.Healthy() {
		return p.paint(bold+";"+green, v.String())
	}
	name := v.Reason.String()
	if phase := v.Reason.Phase(); phase != upgrade.NoPhase {
		name = phase.String() + ": " + name
	}
	return p.paint(bold+";"+red, name) + strings.TrimPrefix(v.String(), name)
}
