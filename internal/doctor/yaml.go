package doctor

import (
	"fmt"
	"strconv"
	"strings"
)

// YAML returns annotations as lines of a manifest, with the note as a comment. Numbers are quoted: an annotation must be
// text.
func YAML(list []Annotation) (lines []string) {
	for _, a := range list {
		line := a.Name + ": " + yamlText(a.Value)
		if a.Note != "" {
			line += " # " + a.Note
		}
		lines = append(lines, line)
	}
	return lines
}

// yamlText returns text as YAML takes it: as it is where that is surely text, else in double quotes, which take Go's
// escapes.
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

// readinessProbe returns a container's readinessProbe as YAML. The kubelet's timeout must be above ours.
func (g Gateway) readinessProbe() string {
	scheme := ""
	if g.TLS {
		scheme = ", scheme: HTTPS"
	}
	timeout := g.callerTimeout()
	return fmt.Sprintf("readinessProbe: {httpGet: {path: %s, port: %d%s}, periodSeconds: %d, timeoutSeconds: %d, failureThreshold: 3}",
		yamlText(g.Path), g.Port, scheme, max(gatewayInterval, timeout), timeout)
}
