package doctor

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"wshealthz/upgrade"
)

// WriteVerdict writes the verdict as the health listener's body has it, then a line for each phase. On a terminal each phase
// has a bar for its time.
func (r *Report) WriteVerdict(w io.Writer, p Palette) {
	fmt.Fprintln(w, p.verdict(r.Verdict))
	spans, whole := Waterfall(r.Verdict, r.Target.Secure())
	width := len(r.phaseLine(spans[0]))
	for _, span := range spans {
		line, bar := r.phaseLine(span), ""
		if p.terminal {
			line, bar = fmt.Sprintf("%-*s  ", width, line), barOf(span, whole)
			if span.Failed {
				bar += "  failed"
			}
			bar = strings.TrimRight(bar, " ")
		}
		switch {
		case span.Failed:
			line = p.paint(red, line+bar)
		case !span.Reached():
			line = p.paint(dim, strings.TrimRight(line, " "))
		default:
			line += p.paint(cyan, bar)
		}
		fmt.Fprintln(w, line)
	}
}

// phaseLine returns a phase with its time, and the peer that was dialed.
func (r *Report) phaseLine(span Span) string {
	took, peer := "-", ""
	if span.Reached() {
		took = milliseconds(span.Took)
	}
	if span.Phase == upgrade.Dial {
		peer = r.Verdict.Peer
	}
	return factLine(span.Phase.String(), took, peer)
}

const barWidth = 24 // characters for the time of all phases

// barOf draws a span: its length is the phase's part of the whole time, and it starts where the phase before it ended.
func barOf(span Span, whole time.Duration) string {
	at := func(t time.Duration) int { return int(t * barWidth / max(whole, 1)) }
	start, length := min(at(span.Start), barWidth-1), 0
	if span.Reached() {
		length = max(at(span.Start+span.Took)-start, 1)
	}
	return fmt.Sprintf("%-*s", barWidth, strings.Repeat(" ", start)+strings.Repeat("=", length))
}

// WriteDetails writes everything else: first what is wrong with the server, then what was said.
func (r *Report) WriteDetails(w io.Writer, p Palette) {
	r.writeFacts(w, p)
	section := func(title, color string, lines ...string) {
		if len(lines) > 0 {
			fmt.Fprintln(w, p.paint(bold, title+":"))
		}
		for _, line := range lines {
			fmt.Fprintln(w, p.paint(color, strings.TrimRight("  "+line, " ")))
		}
	}
	section("to try", yellow, r.Advice()...)
	section("the server answered", plain, r.answer()...)
	section("messages, with the time since the probe began", plain, r.Messages.lines()...)
	if r.PlainGet != nil {
		section("a plain GET, as a gateway without wshealthz sends it, gets", plain, r.PlainGet.Text)
		text, fine := r.gatewayWithoutUs()
		if !fine {
			text = p.paint(yellow, text)
		}
		fmt.Fprintln(w, " ", text)
	}
	section("to set in the environment of wshealthz", plain, r.environmentAdvice()...)
	if r.gatewayReady() {
		section("to set on the container of wshealthz", plain, r.Gateway.readinessProbe())
		section("to set on the Ingress for Application Gateway (AGIC), with a host of your own", plain, YAML(r.Gateway.Annotations())...)
	}
	section("sent", plain, printableLines(r.Target.Handshake(r.ShowSecrets))...)
}

// writeFacts writes a line for each fact next to the phases, in their columns.
func (r *Report) writeFacts(w io.Writer, p Palette) {
	fmt.Fprintln(w, factLine("close", milliseconds(r.Close.Took), string(r.Close.Outcome)))
	switch {
	case r.Listening == ListeningLoopback:
		fmt.Fprintln(w, p.paint(yellow, factLine("listens", "", "on loopback only: a gateway cannot reach it, whatever the handshake says")))
	case r.Listening == ListeningOutside && r.Verdict.Reason == upgrade.Refused:
		fmt.Fprintln(w, p.paint(yellow, factLine("listens", "", "on an address that others reach, but not on the one that was dialed")))
	case r.Listening == ListeningOutside:
		fmt.Fprintln(w, factLine("listens", "", "on an address that others reach"))
	}
	c, now := r.certificate(), r.Verdict.At
	if c.Ends.IsZero() {
		return
	}
	end := c.Ends.Format(time.RFC3339)
	switch line := factLine("cert", fmt.Sprintf("%d days", c.Days(now)), "the server's certificate ends "+end); {
	case c.Left(now) < 0:
		fmt.Fprintln(w, p.paint(red, factLine("cert", "ended", "the server's certificate ended "+end)))
	case c.Soon(now):
		fmt.Fprintln(w, p.paint(yellow, line))
	default:
		fmt.Fprintln(w, line)
	}
}

// factLine returns what is known of one thing: its name, a number, and words if any.
func factLine(name, number, words string) string {
	return strings.TrimRight(fmt.Sprintf("  %-8s %10s  %s", name, number, words), " ")
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000)
}

// printableLines returns the lines of a text of our own, fit for a terminal.
func printableLines(text string) []string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return -1
		case r == '\n', r == '\t', unicode.IsPrint(r):
			return r
		}
		return '?'
	}, text)
	return strings.Split(strings.TrimSpace(text), "\n")
}
