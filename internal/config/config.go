package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"wshealthz/upgrade"
)

// config is an environment without faults.
type config struct {
	target      upgrade.Target
	maxAge      time.Duration
	listen      string
	adminListen string // "": none
	path        string
	certificate func() (*tls.Certificate, error)
	log         *zap.Logger
	inEffect    []variable // of the environment, for the start line
}

// configure judges the whole environment. url, the command line's, replaces the target when it is not empty. All faults are found at once; with any the config is of no use.
func configure(environ []string, url string, stderr io.Writer) (*config, []fault) {
	e, faults := readEnvironment(environ)
	j := &judge{environment: e, faults: faults, targetName: prefix + "TARGET"}
	if url != "" {
		j.Target, j.targetName = url, "URL"
	}
	j.logger(stderr)
	j.target()
	j.handshake()
	j.fields()
	j.tls()
	j.listener()
	j.serve()
	j.dialogue()
	j.notYet()
	j.config.inEffect = e.variables()
	return &j.config, j.faults
}

// judge turns text into a config, or into faults.
type judge struct {
	*environment
	config     config
	faults     []fault
	targetName string
}

func (j *judge) fault(name, holds, want string) {
	j.faults = append(j.faults, fault{name, holds + ", want " + want})
}

// wrong is a fault of a variable whose value may be shown.
func (j *judge) wrong(name, value, want string) {
	j.fault(prefix+name, fmt.Sprintf("holds %q", value), want)
}

func (j *judge) duration(name, value string, least, most time.Duration, want string) time.Duration {
	d, err := time.ParseDuration(value)
	if err != nil || d < least || d > most {
		j.wrong(name, value, want)
	}
	return d
}

func (j *judge) boolean(name, value string) bool {
	b, err := strconv.ParseBool(value)
	if err != nil {
		j.wrong(name, value, "true or false")
	}
	return b
}

func (j *judge) oneOf(name, value string, choices ...string) {
	if !slices.Contains(choices, value) {
		j.wrong(name, value, strings.Join(choices[:len(choices)-1], ", ")+" or "+choices[len(choices)-1])
	}
}

func (j *judge) logger(stderr io.Writer) {
	j.oneOf("LOG_LEVEL", j.Log.Level, "debug", "info", "warn", "error")
	j.oneOf("LOG_FORMAT", j.Log.Format, "json", "console")
	j.config.log = newLogger(j.Log.Level, j.Log.Format, stderr)
}

// handshake judges what the handshake sends and how long it may take.
func (j *judge) handshake() {
	t := &j.config.target
	t.Timeout = j.duration("TIMEOUT", j.Timeout, 1, time.Minute, "a duration above 0 and at most 60s, such as 3s")
	t.UserAgent = "wshealthz/" + version
	if j.Subprotocols != "" {
		t.Subprotocols = j.tokens(j.Subprotocols)
	}
	if t.Host = j.Host; t.Host != "" && !isHost(t.Host) {
		j.wrong("HOST", t.Host, "a host with or without a port, such as example.com")
	}
	if t.Origin = j.Origin; t.Origin != "" && !isOrigin(t.Origin) {
		j.wrong("ORIGIN", t.Origin, "scheme://host[:port] such as https://example.com, null, or same")
	}
}

// tokens judges the subprotocols: tokens, none of them twice (RFC 6455 section 4.1, item 10).
func (j *judge) tokens(list string) []string {
	var tokens []string
	for token := range strings.SplitSeq(list, ",") {
		token = strings.Trim(token, " \t")
		if !upgrade.IsToken(token) || slices.Contains(tokens, token) {
			j.wrong("SUBPROTOCOLS", list, "a comma list of names without spaces, none of them twice, such as mqtt,v12.stomp")
			return nil
		}
		tokens = append(tokens, token)
	}
	return tokens
}

func isHost(host string) bool {
	return strings.Trim(host, ":") != "" && !strings.ContainsFunc(host, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`/\?#@,;"<>&'`, r) })
}

// isOrigin says whether text is a serialized origin (RFC 6454 section 6.1), or same.
func isOrigin(text string) bool {
	scheme, host, found := strings.Cut(text, "://")
	return text == "same" || text == "null" || found && upgrade.IsToken(scheme) && (isHost(host) || scheme == "file" && host == "")
}

// fields judges HEADERS and HEADERS_FILE. What they hold may be a secret and is never shown.
func (j *judge) fields() {
	own, err := upgrade.ParseFields(j.Headers)
	if err != nil {
		j.faults = append(j.faults, fault{prefix + "HEADERS", err.Error()})
	}
	j.config.target.Fields = func() []upgrade.Field { return own }
	if j.HeadersFile == "" {
		return
	}
	name := prefix + "HEADERS_FILE"
	file, err := watch([]string{name}, []string{j.HeadersFile}, j.config.log, func(contents [][]byte) ([]upgrade.Field, error) {
		fields, err := upgrade.ParseFields(string(contents[0]))
		return upgrade.ReplaceFields(own, fields), err
	})
	if err != nil {
		j.fault(name, fmt.Sprintf("holds %q: %v", j.HeadersFile, err), `a readable file with one "Name: value" a line`)
	}
	j.config.target.Fields = file.get
}

// listener judges the addresses of both listeners, and the path.
func (j *judge) listener() {
	j.config.listen, j.config.path, j.config.adminListen = j.Listen, j.Path, j.AdminListen
	j.config.maxAge = j.duration("MAX_AGE", j.MaxAge, 0, 1<<63-1, "a duration of 0 or more, such as 1s")
	port := j.address("LISTEN", j.Listen)
	if j.AdminListen != "" && j.address("ADMIN_LISTEN", j.AdminListen) == port && port != "" && port != "0" && overlap(j.Listen, j.AdminListen) {
		j.wrong("ADMIN_LISTEN", j.AdminListen, "another port than WSHEALTHZ_LISTEN's, or the empty string for none")
	}
	if !strings.HasPrefix(j.Path, "/") || strings.ContainsFunc(j.Path, func(r rune) bool { return r < ' ' || r == '?' || r == '#' }) {
		j.wrong("PATH", j.Path, "a path that begins with / and has no ? or #, such as /health")
	}
}

// address judges host:port and returns the port, "" when there is none.
func (j *judge) address(name, value string) string {
	host, port, err := net.SplitHostPort(value)
	n, notNumber := strconv.ParseUint(port, 10, 16)
	if err != nil || notNumber != nil || host != "" && !isHost(host) {
		j.wrong(name, value, "host:port with a port of 0 to 65535, such as :10101 or 127.0.0.1:10101")
		return ""
	}
	return strconv.FormatUint(n, 10)
}

// overlap says whether two addresses with the same port cannot both be bound.
func overlap(a, b string) bool {
	hostA, _, _ := net.SplitHostPort(a)
	hostB, _, _ := net.SplitHostPort(b)
	return hostA == hostB || isWildcard(hostA) || isWildcard(hostB)
}

func isWildcard(host string) bool {
	ip := net.ParseIP(host)
	return host == "" || ip != nil && ip.IsUnspecified()
}
