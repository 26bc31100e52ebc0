package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"wshealthz/upgrade"
)

// handshake judges what the handshake sends and how long it may take.
func (j *judge) handshake() {
	t := &j.config.Target
	t.Timeout = j.duration(&j.Timeout, 1, time.Minute, "be a duration above 0 and at most 60s, such as 3s")
	if j.Subprotocols != "" {
		t.Subprotocols = j.subprotocols()
	}
	j.oneOf(&j.Extensions, "permessage-deflate", "none")
	t.Deflate = j.Extensions == "permessage-deflate"
	if t.Host = j.Host; t.Host != "" && !isHost(t.Host) {
		j.wrong(&j.Host, "be a host with or without a port, such as example.com")
	}
	if t.Origin = j.Origin; t.Origin != "" && !isOrigin(t.Origin) {
		j.wrong(&j.Origin, "be scheme://host[:port] such as https://example.com, null, or same")
	}
}

// subprotocols judges the list: tokens, each only once (RFC 6455 section 4.1, item 10).
func (j *judge) subprotocols() []string {
	var tokens []string
	for token := range strings.SplitSeq(j.Subprotocols, ",") {
		token = strings.Trim(token, " \t")
		if !upgrade.IsToken(token) || slices.Contains(tokens, token) {
			j.wrong(&j.Subprotocols, "be comma-separated names without spaces, each only once, such as mqtt,v12.stomp")
			return nil
		}
		tokens = append(tokens, token)
	}
	return tokens
}

// isOrigin reports whether text is a serialized origin (RFC 6454 section 6.1), or same.
func isOrigin(text string) bool {
	scheme, host, found := strings.Cut(text, "://")
	return text == "same" || text == "null" || found && upgrade.IsToken(scheme) && (isHost(host) || scheme == "file" && host == "")
}

// headers judges HEADERS and HEADERS_FILE. What they hold may be a secret and is never shown: faults name lines.
func (j *judge) headers() {
	own, err := upgrade.ParseFields(j.Headers)
	if err != nil {
		j.fault(&j.Headers, err.Error())
	}
	j.config.Target.Fields = func() []upgrade.Field { return own }
	if j.HeadersFile == "" {
		return
	}
	file, err := newReloader(j.config, []*Variable{j.variable(&j.HeadersFile)}, func(contents [][]byte) ([]upgrade.Field, error) {
		fields, err := upgrade.ParseFields(string(contents[0]))
		return upgrade.ReplaceFields(own, fields), err
	})
	if err != nil {
		j.wrongAs(&j.HeadersFile, fmt.Sprintf(" (%v)", err), `be a readable file with one "Name: value" per line`)
	}
	j.config.Target.Fields = file.get
}
