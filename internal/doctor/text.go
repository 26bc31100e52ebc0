package main

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"wshealthz/probe"
	"wshealthz/upgrade"
)

// printPainted is printCheck for a person: on a terminal each phase has a bar for its time, and the one that failed says so.
func printPainted(w io.Writer, v upgrade.Verdict, p palette) {
	fmt.Fprintln(w, p.verdict(v))
	width := len(phaseLine(v, upgrade.Dial))
	bars := waterfall(v)
	for i, phase := range upgrade.Phases() {
		line, bar := phaseLine(v, phase), ""
		failed := !v.Healthy() && phase == v.Reason.Phase()
		if p.terminal {
			line, bar = fmt.Sprintf("%-*s  ", width, line), bars[i]
			if failed {
				bar += "  failed"
			}
			bar = strings.TrimRight(bar, " ")
		}
		switch {
		case failed:
			line = p.paint(red, line+bar)
		case v.Took[phase] == 0:
			line = p.paint(dim, strings.TrimRight(line, " "))
		default:
			line += p.paint(cyan, bar)
		}
		fmt.Fprintln(w, line)
	}
}

const barWidth = 24 // characters for the time of all phases

// waterfall is a bar for each phase, its length the phase's part of the whole time, where the phase before it ended.
func waterfall(v upgrade.Verdict) (bars []string) {
	var whole, before time.Duration
	for _, took := range v.Took {
		whole += took
	}
	at := func(t time.Duration) int { return int(t * barWidth / max(whole, 1)) }
	for _, phase := range upgrade.Phases() {
		took := v.Took[phase]
		start := min(at(before), barWidth-1)
		length := 0
		if took > 0 {
			length = max(at(before+took)-start, 1)
		}
		before += took
		bars = append(bars, fmt.Sprintf("%-*s", barWidth, strings.Repeat(" ", start)+strings.Repeat("=", length)))
	}
	return bars
}

// print prints what is known beside the verdict and its phases: first what ails the server, then what was said.
func (d *diagnosis) print(w io.Writer, p palette) {
	d.printFacts(w, p)
	section := func(title, colour string, lines ...string) {
		if len(lines) > 0 {
			fmt.Fprintln(w, p.paint(bold, title+":"))
		}
		for _, line := range lines {
			fmt.Fprintln(w, p.paint(colour, strings.TrimRight("  "+line, " ")))
		}
	}
	section("to try", yellow, d.advice()...)
	section("the server answered", plain, d.answer()...)
	var lines []string
	for _, m := range d.Messages {
		lines = append(lines, fmt.Sprintf("%10s  %s %-6s %s", milliseconds(duration(m.Seconds)), m.Way, m.Kind, m.Payload))
	}
	section("messages, with the time since the probe began", plain, lines...)
	if d.PlainGet != nil {
		section("a plain GET, as a gateway without wshealthz sends it, gets", plain, d.PlainGet.Text)
		word, good := d.gatewayWord()
		if !good {
			word = p.paint(yellow, word)
		}
		fmt.Fprintln(w, " ", word)
	}
	section("to set in the environment of wshealthz", plain, d.settings...)
	if d.readinessProbe != "" {
		section("to set on the container of wshealthz", plain, d.readinessProbe)
		section("to set on the Ingress for Application Gateway (AGIC), with a host of your own", plain, yamlLines(d.Annotations)...)
	}
	section("sent", plain, printableLines(d.Sent)...)
}

func duration(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }

// printFacts prints a line for each thing that is known beside the phases, in their columns.
func (d *diagnosis) printFacts(w io.Writer, p palette) {
	fmt.Fprintln(w, factLine("left", milliseconds(duration(d.Left.Seconds)), d.Left.How))
	switch {
	case d.Listens == probe.ListensLoopback:
		fmt.Fprintln(w, p.paint(yellow, factLine("listens", "", "on loopback only: a gateway cannot reach it, whatever the handshake says")))
	case d.Listens == probe.ListensOutside && d.Reason == upgrade.Refused.String():
		fmt.Fprintln(w, p.paint(yellow, factLine("listens", "", "on an address that others reach, not on the one that was dialed")))
	case d.Listens == probe.ListensOutside:
		fmt.Fprintln(w, factLine("listens", "", "on an address that others reach"))
	}
	if found, left := d.certificate(); found {
		end := d.CertificateEnds.Format(time.RFC3339)
		switch line := factLine("cert", fmt.Sprintf("%d days", left/day), "the server's certificate ends "+end); {
		case left < 0:
			fmt.Fprintln(w, p.paint(red, factLine("cert", "ended", "the server's certificate ended "+end)))
		case left < probe.CertificateSoon:
			fmt.Fprintln(w, p.paint(yellow, line))
		default:
			fmt.Fprintln(w, line)
		}
	}
}

// printableLines are the lines of a text of our own, fit for a terminal.
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
