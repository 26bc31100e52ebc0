package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"wshealthz/probe"
	"wshealthz/upgrade"
)

const day = 24 * time.Hour

// advice is what to try, the most pressing first.
func (d *diagnosis) advice() (list []string) {
	ends, left := d.certificate()
	if ends && left < 0 {
		list = append(list, "renew the server's certificate: it has ended, and clients refuse it")
	}
	if d.Hint != "" {
		list = append(list, d.Hint)
	}
	if d.Listens == probe.ListensLoopback {
		list = append(list, "let the server listen on 0.0.0.0 or [::]: nobody but a proxy in the same pod reaches loopback",
			"set WSHEALTHZ_ADDRESS to the pod's own address: then the probe fails where the gateway does")
	}
	if ends && left >= 0 && left < probe.CertificateSoon {
		list = append(list, fmt.Sprintf("renew the server's certificate: clients refuse it in %d days", left/day))
	}
	return list
}

// certificate says whether the server has a certificate, and how long it is good for; below 0: it has ended.
func (d *diagnosis) certificate() (found bool, left time.Duration) {
	return !d.CertificateEnds.IsZero(), d.CertificateEnds.Sub(d.Time)
}

// answer is what the server answered, line by line.
func (d *diagnosis) answer() []string {
	switch {
	case d.Reason == upgrade.OK.String() && d.subprotocol != "":
		return []string{"101 with the subprotocol " + d.subprotocol + ", the handshake is right"}
	case d.Reason == upgrade.OK.String():
		return []string{"101, the handshake is right"}
	case d.Came == "":
		return nil
	}
	return quotedLines(d.Came)
}

// quotedLines shows quoted text on the lines that it has. All but line ends stays as the quotes have it: no control
// character, ASCII.
func quotedLines(quoted string) (lines []string) {
	whole, cut := strings.CutSuffix(quoted, `"...`)
	if cut {
		whole += `"`
	}
	text, err := strconv.Unquote(whole)
	if err != nil {
		return []string{quoted}
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		line = strconv.QuoteToASCII(line)
		lines = append(lines, strings.NewReplacer(`\\`, `\\`, `\"`, `"`).Replace(line[1:len(line)-1]))
	}
	if cut && len(lines) > 0 {
		lines[len(lines)-1] += "..."
	}
	return lines
}

// gatewayWord is what Application Gateway would say of the server if it asked it itself, and whether that is good.
func (d *diagnosis) gatewayWord() (word string, good bool) {
	const says = "Application Gateway (200-399 healthy by default) would call this pod "
	switch passes := d.PlainGet.Status >= 200 && d.PlainGet.Status <= 399; {
	case passes && d.Listens == probe.ListensLoopback:
		return says + "unhealthy all the same and users get 502: it cannot reach the server", false
	case !passes:
		return says + "unhealthy and users get 502", false
	case d.Status == "pass":
		return says + "healthy, though it says nothing of the handshake", true
	}
	return says + "healthy, though no WebSocket client is served", false
}
