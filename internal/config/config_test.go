package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// judgeEnvironment configures from these variables, with a target unless they have one, and returns the report.
func judgeEnvironment(t *testing.T, variables map[string]string) (*config, string) {
	t.Helper()
	all := map[string]string{"TARGET": "ws://localhost:8888/ws"}
	for name, value := range variables {
		all[name] = value
	}
	setenv(t, all)
	c, faults := configure(os.Environ(), "", &bytes.Buffer{})
	var lines bytes.Buffer
	if len(faults) > 0 {
		report(&lines, faults)
	}
	return c, lines.String()
}

// TestFaults: one variable is wrong, and the one line says which, what it holds and what would be right.
func TestFaults(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad")
	if err := os.WriteFile(bad, []byte("s3cret without a colon"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, value, want string }{
		{"TARGET", "", "is not set, want a ws:// or wss:// URL"},
		{"TARGET", "http://h/", `holds "http://h/", want a ws:// or wss:// URL`},
		{"TARGET", "localhost:8888", "want a ws:// or wss:// URL"},
		{"TARGET", "ws://:8080/", "want a ws:// or wss:// URL"},
		{"TARGET", "ws://user:pa/s3cret@h:0/", "want a ws:// or wss:// URL"},
		{"TARGET", "ws://user:s3cret?x@h/#", "want a ws:// or wss:// URL"},
		{"TARGET", "user:s3cret@h/a//b", "want a ws:// or wss:// URL"},
		{"TARGET", "ws://localhost:010101/", "wshealthz's own port"},
		{"TARGET", "ws://[::1%25lo]:10101/", "wshealthz's own port"},
		{"TARGET", "ws:///path", "want a ws:// or wss:// URL"},
		{"TARGET", "ws://a b/", "want a ws:// or wss:// URL"},
		{"TARGET", "ws://bücher.example/", "want a ws:// or wss:// URL"},
		{"TARGET", "ws://h/%zz?s3cret", `holds "ws://h/%zz?…"`},
		{"TARGET", "ws://user:s3cret@h/", "with userinfo"},
		{"TARGET", "ws://user:s3cret@h:x/", "want a ws:// or wss:// URL"},
		{"TARGET", "ws://h/#", "with a fragment"},
		{"TARGET", "ws://h/?s3cret b", "percent-encoded"},
		{"TARGET", "ws://h:0/", "a port of 1 to 65535"},
		{"TARGET", "ws://h:65536/", "a port of 1 to 65535"},
		{"TARGET", "ws://localhost:10101/", "wshealthz's own port"},
		{"TARGET", "ws://127.8.9.10:10102/", "another port in WSHEALTHZ_ADMIN_LISTEN"},
		{"TARGET", "ws://[::1]:10101/", "wshealthz's own port"},
		{"ADDRESS", "127.0.0.1:8888", "without a port"},
		{"ADDRESS", "a/b", "a host name or an IP address"},
		{"CHECK", "deep", `holds "deep", want handshake, ping, graphql-transport-ws, `},
		{"TIMEOUT", "3", `holds "3", want a duration above 0 and at most 60s`},
		{"TIMEOUT", "0s", "above 0"},
		{"TIMEOUT", "-1s", "above 0"},
		{"TIMEOUT", "61s", "at most 60s"},
		{"SUBPROTOCOLS", "a,,b", "a comma list"},
		{"SUBPROTOCOLS", "a b", "a comma list"},
		{"SUBPROTOCOLS", "a, b,a", "none of them twice"},
		{"HOST", "a b", "want a host"},
		{"HOST", "http://a", "want a host"},
		{"HOST", ":", "want a host"},
		{"ORIGIN", "http://", "scheme://host"},
		{"ORIGIN", "example.com", "scheme://host"},
		{"ORIGIN", "https://example.com/", "scheme://host"},
		{"HEADERS", "A: b\ns3cret", "line 2 has no colon"},
		{"HEADERS", "Host: s3cret", "WSHEALTHZ_HOST"},
		{"HEADERS_FILE", filepath.Join(dir, "missing"), "no such file"},
		{"HEADERS_FILE", dir, "no regular file"},
		{"HEADERS_FILE", bad, "line 1 has no colon"},
		{"SEND", "s3cret", "WSHEALTHZ_EXPECT beside it"},
		{"EXPECT", "(s3cret", "regular expression"},
		{"TLS_CA_FILE", bad, "a wss:// target"},
		{"TLS_SERVER_NAME", "h", "a wss:// target"},
		{"TLS_CERT_FILE", bad, "a wss:// target"},
		{"TLS_KEY_FILE", bad, "a wss:// target"},
		{"TLS_SKIP_VERIFY", "true", "a wss:// target"},
		{"TLS_SKIP_VERIFY", "yes", "want true or false"},
		{"LISTEN", "10101", "want host:port"},
		{"LISTEN", ":65536", "want host:port"},
		{"LISTEN", ":http", "want host:port"},
		{"LISTEN", "[::1:80", "want host:port"},
		{"PATH", "health", "begins with /"},
		{"PATH", "/health?x", "no ? or #"},
		{"PATH", "/a#b", "no ? or #"},
		{"SERVE_CERT_FILE", bad, "WSHEALTHZ_SERVE_KEY_FILE beside it"},
		{"SERVE_KEY_FILE", bad, "WSHEALTHZ_SERVE_CERT_FILE beside it"},
		{"MAX_AGE", "-1s", "0 or more"},
		{"MAX_AGE", "1", "0 or more"},
		{"ADMIN_LISTEN", ":10101", "another port than WSHEALTHZ_LISTEN's"},
		{"ADMIN_LISTEN", "x", "want host:port"},
		{"DRAIN_WAIT", "true", "not in this version"},
		{"DRAIN_WAIT", "maybe", "want true or false"},
		{"DRAIN_TIMEOUT", "30s", "not in this version"},
		{"DRAIN_TIMEOUT", "0s", "above 0"},
		{"DRAIN_ANSWERS", "3", "not in this version"},
		{"DRAIN_ANSWERS", "0", "a whole number above 0"},
		{"LOG_LEVEL", "trace", "want debug, info, warn or error"},
		{"LOG_FORMAT", "text", "want json or console"},
	} {
		_, lines := judgeEnvironment(t, map[string]string{c.name: c.value})
		first, last, _ := strings.Cut(lines, "\n")
		if !strings.HasPrefix(first, "wshealthz: "+prefix+c.name+": ") || !strings.Contains(first, c.want) || strings.Contains(lines, "s3cret") {
			t.Errorf("%s=%q: %q, want its name, %q and no secret", c.name, c.value, first, c.want)
		}
		if !strings.HasPrefix(last, "wshealthz: 1 fault in the configuration, nothing started") {
			t.Errorf("%s=%q: then %q, want no other fault", c.name, c.value, last)
		}
	}
}

// TestGoodValues: what may be set is taken.
func TestGoodValues(t *testing.T) {
	for _, variables := range []map[string]string{
		{"TARGET": "WSS://Chat.example:443?token=x"},
		{"TARGET": "ws://[::1]:9/", "ADDRESS": "fd00::1"},
		{"TARGET": "ws://10.0.0.1:10101/"},
		{"TARGET": "ws://localhost:10102/", "ADMIN_LISTEN": ""},
		{"ADDRESS": "chat.default.svc.cluster.local"},
		{"TIMEOUT": "60s", "MAX_AGE": "0"},
		{"TIMEOUT": "1ms", "MAX_AGE": "24h"},
		{"ORIGIN": "same", "HOST": "chat.example:8443"},
		{"ORIGIN": "null", "HOST": "[::1]"},
		{"ORIGIN": "chrome-extension://abcdef"},
		{"HEADERS": "A: b\r\n\r\nUser-Agent: mine\n"},
		{"LISTEN": "127.0.0.1:0", "ADMIN_LISTEN": "[::1]:0"},
		{"LISTEN": "10.0.0.1:10102"},
		{"PATH": "/über health%2F"},
		{"TLS_SKIP_VERIFY": "0"},
		{"TARGET": "wss://localhost/", "TLS_SKIP_VERIFY": "T"},
		{"TARGET": "wss://localhost/", "TLS_SERVER_NAME": "chat.example"},
		{"DRAIN_WAIT": "false", "DRAIN_TIMEOUT": "20s", "DRAIN_ANSWERS": "2", "CHECK": "ping"},
		{"LOG_LEVEL": "debug", "LOG_FORMAT": "console"},
	} {
		if _, lines := judgeEnvironment(t, variables); lines != "" {
			t.Errorf("%q: %s", variables, lines)
		}
	}
}

// TestDialogueFaults: what CHECK, SEND and EXPECT may not be together.
func TestDialogueFaults(t *testing.T) {
	for want, variables := range map[string]map[string]string{
		"SEND: is set, want it unset beside WSHEALTHZ_CHECK=ping":   {"CHECK": "ping", "SEND": "s3cret"},
		"EXPECT: is set, want it unset beside WSHEALTHZ_CHECK=ping": {"CHECK": "ping", "EXPECT": "s3cret"},
		"SEND: is set and no hex":                                   {"CHECK": "mqtt", "SEND": "hex:s3cret"},
		"SEND: is set and no hex, want an even number":              {"SEND": "hex:abc", "EXPECT": "s3cret"},
	} {
		if _, lines := judgeEnvironment(t, variables); !strings.Contains(lines, want) || strings.Count(lines, "\n") != 2 || strings.Contains(lines, "s3cret") {
			t.Errorf("%q: %s want one fault with %q", variables, lines, want)
		}
	}
}

// TestDialogues: what is configured is what is said.
func TestDialogues(t *testing.T) {
	for _, c := range []struct {
		variables    map[string]string
		first        string
		binary       bool
		subprotocols string
	}{
		{map[string]string{"EXPECT": "x"}, "", false, ""},
		{map[string]string{"SEND": "hello", "EXPECT": "x"}, "hello", false, ""},
		{map[string]string{"SEND": "hex: 00 fF\n10", "EXPECT": "x"}, "\x00\xff\x10", true, ""},
		{map[string]string{"CHECK": "graphql-transport-ws"}, `{"type":"connection_init"}`, false, "graphql-transport-ws"},
		{map[string]string{"CHECK": "graphql-ws", "SEND": "{}", "SUBPROTOCOLS": "a,b"}, "{}", false, "a b"},
		{map[string]string{"CHECK": "ocpp"}, `[2,"1","Heartbeat",{}]`, false, "ocpp2.0.1 ocpp1.6"},
		{map[string]string{"CHECK": "stomp", "TARGET": "ws://[::1]:61614/"}, "CONNECT\naccept-version:1.2\nhost:::1\nheart-beat:0,0\n\n\x00", false, "v12.stomp"},
		{map[string]string{"CHECK": "xmpp", "HOST": "chat.example:5280"}, `<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="chat.example" version="1.0"/>`, false, "xmpp"},
	} {
		config, lines := judgeEnvironment(t, c.variables)
		if d := config.target.Dialogue; lines != "" || string(d.First) != c.first || d.Binary != c.binary || strings.Join(config.target.Subprotocols, " ") != c.subprotocols || d.Want == "" {
			t.Errorf("%q: %+v %q %s", c.variables, d, config.target.Subprotocols, lines)
		}
	}
}

// TestTLSFaults: those that need a wss:// target.
func TestTLSFaults(t *testing.T) {
	dir := t.TempDir()
	ca, cert, key := writePair(t, dir, "chat.example")
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte("s3cret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, variables := range map[string]map[string]string{
		"false beside WSHEALTHZ_TLS_CA_FILE":     {"TLS_SKIP_VERIFY": "true", "TLS_CA_FILE": ca},
		"false beside WSHEALTHZ_TLS_SERVER_NAME": {"TLS_SKIP_VERIFY": "true", "TLS_SERVER_NAME": "x"},
		"WSHEALTHZ_TLS_KEY_FILE beside it":       {"TLS_CERT_FILE": cert},
		"WSHEALTHZ_TLS_CERT_FILE beside it":      {"TLS_KEY_FILE": key},
		"no PEM certificate in it":               {"TLS_CA_FILE": text},
		"failed to find any PEM data":            {"TLS_CERT_FILE": text, "TLS_KEY_FILE": key},
		"a host name or an IP address":           {"TLS_SERVER_NAME": "a:b"},
	} {
		variables["TARGET"] = "wss://localhost/"
		if _, lines := judgeEnvironment(t, variables); !strings.Contains(lines, want) || strings.Count(lines, "\n") != 2 || strings.Contains(lines, "s3cret") {
			t.Errorf("%q: %s want one fault with %q", variables, lines, want)
		}
	}
	if c, lines := judgeEnvironment(t, map[string]string{"TARGET": "wss://localhost/", "TLS_CA_FILE": ca, "TLS_CERT_FILE": cert, "TLS_KEY_FILE": key, "TLS_SERVER_NAME": "chat.example"}); lines != "" {
		t.Error(lines)
	} else if config := c.target.TLS(); config.ServerName != "chat.example" || config.RootCAs == nil || len(config.Certificates) != 1 || config.InsecureSkipVerify {
		t.Errorf("%+v is not what was set", config)
	}
}

// TestAllFaultsAtOnce: nine variables are wrong, and nine lines say so.
func TestAllFaultsAtOnce(t *testing.T) {
	_, lines := judgeEnvironment(t, map[string]string{
		"TARGET": "http://x", "TIMEOUT": "x", "HEADERS": "x", "LISTEN": "x", "PATH": "x", "MAX_AGE": "x", "LOG_LEVEL": "x", "CHECK": "x", "UNKNOWN": "x",
	})
	if n := strings.Count(lines, "\n"); n != 10 || !strings.Contains(lines, "9 faults") {
		t.Errorf("%d lines, want 9 faults and their number:\n%s", n, lines)
	}
}

// TestNoFaultHidesAnother: a target that is wrong leaves the files and the address to be judged.
func TestNoFaultHidesAnother(t *testing.T) {
	for _, c := range []struct {
		variables map[string]string
		faults    int
	}{
		{map[string]string{"TARGET": "", "ADDRESS": "a b", "TLS_CA_FILE": "/nope", "TLS_CERT_FILE": "/x"}, 4},
		{map[string]string{"TARGET": "http://x", "TLS_SKIP_VERIFY": "true", "TLS_CA_FILE": "/nope"}, 3},
		{map[string]string{"TARGET": "wss://localhost:9", "TLS_CA_FILE": "/nope", "TLS_CERT_FILE": "/x"}, 2},
		{map[string]string{"HEADERS": "A s3cret\n\nB: c\x01\nHost: x\nX y: 1"}, 1},
	} {
		if _, lines := judgeEnvironment(t, c.variables); strings.Count(lines, "\n") != c.faults+1 || strings.Contains(lines, "s3cret") {
			t.Errorf("%q: %s want %d faults", c.variables, lines, c.faults)
		}
	}
}

// TestDefaults are those that the table shows.
func TestDefaults(t *testing.T) {
	c, lines := judgeEnvironment(t, nil)
	if lines != "" || c.target.Timeout != 3*time.Second || c.maxAge != time.Second || c.listen != ":10101" || c.path != "/health" || c.certificate != nil {
		t.Errorf("%+v %s", c, lines)
	}
}
