package main

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	"wshealthz/probe"
)

// prescribe says what a gateway and the kubelet need to ask this configuration's health listener.
func (d *diagnosis) prescribe(c *config) {
	if len(c.target.Subprotocols) == 1 {
		d.subprotocol = c.target.Subprotocols[0]
	}
	_, text, _ := net.SplitHostPort(c.listen)
	port, _ := strconv.ParseUint(text, 10, 16)
	if port == 0 {
		d.settings = append(d.settings, "WSHEALTHZ_LISTEN with a fixed port, such as :10101: no gateway knows which one is free")
		return
	}
	if c.target.URL.Scheme == "wss" && c.certificate == nil {
		d.settings = append(d.settings, "WSHEALTHZ_SERVE_CERT_FILE and WSHEALTHZ_SERVE_KEY_FILE, if the gateway speaks TLS to the server: it does so to both or to none")
	}
	text = strconv.FormatUint(port, 10) // :010101 is 10101 too
	d.Annotations = probe.Annotations(probe.ExampleHost, text, c.path, c.certificate != nil, c.target.Timeout)
	d.readinessProbe = readinessProbe(text, c.path, c.certificate != nil, probe.SecondsAbove(c.target.Timeout))
}

// yamlLines are annotations as YAML has them: a number must be text there.
func yamlLines(list []probe.Setting) (lines []string) {
	for _, s := range list {
		lines = append(lines, s.Name+": "+yamlText(s.Value))
	}
	return lines
}

// yamlText is text as YAML takes it: as it is where that is surely text, else quoted.
func yamlText(text string) string {
	_, err := strconv.Atoi(text)
	safe := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-", r)
	}
	if err == nil || strings.ContainsFunc(text, func(r rune) bool { return !safe(r) }) {
		return strconv.QuoteToASCII(text)
	}
	return text
}

// readinessProbe is a container's, as YAML: the kubelet's timeout must be above ours.
func readinessProbe(port, path string, secure bool, timeout int) string {
	scheme := ""
	if secure {
		scheme = ", scheme: HTTPS"
	}
	return fmt.Sprintf("readinessProbe: {httpGet: {path: %s, port: %s%s}, periodSeconds: %d, timeoutSeconds: %d, failureThreshold: 3}",
		yamlText(path), port, scheme, max(5, timeout), timeout)
}
