package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wshealthz/internal/testbed"
)

// load configures from these variables, with a target unless they have one, and returns a line for each fault.
func load(t *testing.T, variables map[string]string) (*Config, []string) {
	t.Helper()
	all := map[string]string{"TARGET": "ws://localhost:8888/ws"}
	for name, value := range variables {
		all[name] = value
	}
	testbed.Setenv(t, all)
	c, faults := Load(os.Environ(), "", "test")
	var lines []string
	for _, f := range faults {
		lines = append(lines, f.String())
	}
	return c, lines
}

// TestFaults: one variable is wrong, and the one line says which, what it holds and what would be right.
func TestFaults(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad")
	testbed.WriteFile(t, bad, "s3cret without a colon")
	for _, c := range []struct{ name, value, want string }{
		{"TARGET", "", "is not set, must be a ws:// or wss:// URL"},
		{"TARGET", "http://h/", `is "http://h/", must be a ws:// or wss:// URL`},
		{"TARGET", "localhost:8888", "must be a ws:// or wss:// URL"},
		{"TARGET", "ws://:8080/", "must be a ws:// or wss:// URL"},
		{"TARGET", "ws://user:pa/s3cret@h:0/", "must be a ws:// or wss:// URL"},
		{"TARGET", "ws://user:s3cret?x@h/#", "must be a ws:// or wss:// URL"},
		{"TARGET", "user:s3cret@h/a//b", "must be a ws:// or wss:// URL"},
		{"TARGET", "ws://localhost:010101/", "wshealthz's own port"},
		{"TARGET", "ws://[::1%25lo]:10101/", "wshealthz's own port"},
		{"TARGET", "ws:///path", "must be a ws:// or wss:// URL"},
		{"TARGET", "ws://a b/", "must be a ws:// or wss:// URL"},
		{"TARGET", "ws://bücher.example/", "must be a ws:// or wss:// URL"},
		{"TARGET", "ws://h/%zz?s3cret", `is "ws://h/%zz?…"`},
		{"TARGET", "ws://user:s3cret@h/", "with userinfo"},
		{"TARGET", "ws://user:s3cret@h:x/", "must be a ws:// or wss:// URL"},
		{"TARGET", "ws://h/#", "with a fragment"},
		{"TARGET", "ws://h/?s3cret b", "percent-encoded"},
		{"TARGET", "ws://h:0/", "a port from 1 to 65535"},
		{"TARGET", "ws://h:65536/", "a port from 1 to 65535"},
		{"TARGET", "ws://localhost:10101/", "wshealthz's own port"},
		{"TARGET", "ws://127.8.9.10:10102/", "another port in WSHEALTHZ_ADMIN_LISTEN"},
		{"TARGET", "ws://[::1]:10101/", "wshealthz's own port"},
		{"ADDRESS", "127.0.0.1:8888", "without a port"},
		{"ADDRESS", "a/b", "a host name or an IP address"},
		{"CHECK", "deep", `is "deep", must be handshake, ping, graphql-transport-ws, `},
		{"TIMEOUT", "3", `is "3", must be a duration above 0 and at most 60s`},
		{"TIMEOUT", "0s", "above 0"},
		{"TIMEOUT", "-1s", "above 0"},
		{"TIMEOUT", "61s", "at most 60s"},
		{"SUBPROTOCOLS", "a,,b", "comma-separated"},
		{"SUBPROTOCOLS", "a b", "comma-separated"},
		{"SUBPROTOCOLS", "a, b,a", "each only once"},
		{"HOST", "a b", "must be a host"},
		{"HOST", "http://a", "must be a host"},
		{"HOST", ":", "must be a host"},
		{"ORIGIN", "http://", "scheme://host"},
		{"ORIGIN", "example.com", "scheme://host"},
		{"ORIGIN", "https://example.com/", "scheme://host"},
		{"HEADERS", "A: b\ns3cret", "line 2 has no colon"},
		{"HEADERS", "Host: s3cret", "WSHEALTHZ_HOST"},
		{"HEADERS", "Sec-WebSocket-Extensions: s3cret", "WSHEALTHZ_EXTENSIONS"},
		{"HEADERS", "Sec-WebSocket-Protocol: s3cret", "WSHEALTHZ_SUBPROTOCOLS"},
		{"HEADERS_FILE", filepath.Join(dir, "missing"), "no such file"},
		{"HEADERS_FILE", dir, "not a regular file"},
		{"HEADERS_FILE", bad, "line 1 has no colon"},
		{"SEND", "s3cret", "is set, must come with WSHEALTHZ_EXPECT"},
		{"EXPECT", "(s3cret", "regular expression"},
		{"TLS_CA_FILE", bad, "a wss:// target"},
		{"TLS_SERVER_NAME", "h", "a wss:// target"},
		{"TLS_CERT_FILE", bad, "a wss:// target"},
		{"TLS_KEY_FILE", bad, "a wss:// target"},
		{"TLS_SKIP_VERIFY", "true", "a wss:// target"},
		{"TLS_SKIP_VERIFY", "yes", "must be true or false"},
		{"LISTEN", "10101", "must be host:port"},
		{"LISTEN", ":65536", "must be host:port"},
		{"LISTEN", ":http", "must be host:port"},
		{"LISTEN", "[::1:80", "must be host:port"},
		{"PATH", "health", "begins with /"},
		{"PATH", "/health?x", "no ? or #"},
		{"PATH", "/a#b", "no ? or #"},
		{"PATH", "/" + strings.Repeat("a", maxPath), "at most 1024"},
		{"SERVE_CERT_FILE", bad, "must come with WSHEALTHZ_SERVE_KEY_FILE"},
		{"SERVE_KEY_FILE", bad, "must come with WSHEALTHZ_SERVE_CERT_FILE"},
		{"MAX_AGE", "-1s", "0 or more"},
		{"MAX_AGE", "1", "0 or more"},
		{"ADMIN_LISTEN", ":10101", "another port than WSHEALTHZ_LISTEN"},
		{"ADMIN_LISTEN", "x", "must be host:port"},
		{"DRAIN_WAIT", "maybe", "must be true or false"},
		{"DRAIN_TIMEOUT", "0s", "above 0"},
		{"DRAIN_TIMEOUT", "61m", "at most 1h"},
		{"DRAIN_ANSWERS", "0", "a whole number above 0"},
		{"DRAIN_ANSWERS", "2.5", "a whole number above 0"},
		{"DRAIN_ANSWERS", "2s", "a whole number above 0"},
		{"DRAIN_SESSIONS", "-1m", "0 or more"},
		{"DRAIN_SESSIONS", "25h", "at most 24h"},
		{"EXTENSIONS", "permessage-deflate; server_no_context_takeover", "must be permessage-deflate or none"},
		{"EXTENSIONS", "Permessage-Deflate", "must be permessage-deflate or none"},
		{"LOG_LEVEL", "trace", "must be debug, info, warn or error"},
		{"LOG_FORMAT", "text", "must be json or console"},
	} {
		_, faults := load(t, map[string]string{c.name: c.value})
		if len(faults) != 1 || !strings.HasPrefix(faults[0], Prefix+c.name+": ") || !strings.Contains(faults[0], c.want) || strings.Contains(faults[0], "s3cret") {
			t.Errorf("%s=%q: %q, want one fault with its name, %q and no secret", c.name, c.value, faults, c.want)
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
		{"LISTEN": "[::]:10101", "ADMIN_LISTEN": "[fe80::1%eth0]:10102"},
		{"LISTEN": "10.0.0.1:10102"},
		{"PATH": "/über health%2F"},
		{"TLS_SKIP_VERIFY": "0"},
		{"TARGET": "wss://localhost/", "TLS_SKIP_VERIFY": "T"},
		{"TARGET": "wss://localhost/", "TLS_SERVER_NAME": "chat.example"},
		{"DRAIN_WAIT": "true", "DRAIN_TIMEOUT": "90s", "DRAIN_ANSWERS": "3", "DRAIN_SESSIONS": "1h"},
		{"DRAIN_WAIT": "false", "PATH": "/drain"},
		{"LOG_LEVEL": "debug", "LOG_FORMAT": "console"},
	} {
		if _, faults := load(t, variables); len(faults) > 0 {
			t.Errorf("%q: %q", variables, faults)
		}
	}
}

// TestDialogueFaults: what CHECK, SEND and EXPECT may not be together.
func TestDialogueFaults(t *testing.T) {
	for want, variables := range map[string]map[string]string{
		"SEND: is set, must be unset with WSHEALTHZ_CHECK=ping":   {"CHECK": "ping", "SEND": "s3cret"},
		"EXPECT: is set, must be unset with WSHEALTHZ_CHECK=ping": {"CHECK": "ping", "EXPECT": "s3cret"},
		"SEND: is not valid hex":                                  {"CHECK": "mqtt", "SEND": "hex:s3cret"},
		"SEND: is not valid hex, must have an even number":        {"SEND": "hex:abc", "EXPECT": "s3cret"},
	} {
		if _, faults := load(t, variables); len(faults) != 1 || !strings.Contains(faults[0], want) || strings.Contains(faults[0], "s3cret") {
			t.Errorf("%q: %q, want one fault with %q", variables, faults, want)
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
		config, faults := load(t, c.variables)
		if d := config.Target.Dialogue; len(faults) > 0 || string(d.First) != c.first || d.Binary != c.binary || strings.Join(config.Target.Subprotocols, " ") != c.subprotocols || d.Want == "" {
			t.Errorf("%q: %+v %q %q", c.variables, d, config.Target.Subprotocols, faults)
		}
	}
}

// TestTLSFaults: those that need a wss:// target.
func TestTLSFaults(t *testing.T) {
	dir := t.TempDir()
	pair := testbed.Certificate{Names: []string{"chat.example"}}.Make(t).WriteFiles(t, dir)
	text := filepath.Join(dir, "text")
	testbed.WriteFile(t, text, "s3cret")
	for want, variables := range map[string]map[string]string{
		"false when WSHEALTHZ_TLS_CA_FILE is set":     {"TLS_SKIP_VERIFY": "true", "TLS_CA_FILE": pair.CA},
		"false when WSHEALTHZ_TLS_SERVER_NAME is set": {"TLS_SKIP_VERIFY": "true", "TLS_SERVER_NAME": "x"},
		"(to ask for a name without verifying it, put it in WSHEALTHZ_TARGET and where to dial in WSHEALTHZ_ADDRESS)": {"TLS_SKIP_VERIFY": "true", "TLS_SERVER_NAME": "x"},
		"must come with WSHEALTHZ_TLS_KEY_FILE":  {"TLS_CERT_FILE": pair.Cert},
		"must come with WSHEALTHZ_TLS_CERT_FILE": {"TLS_KEY_FILE": pair.Key},
		"no PEM certificate in it":               {"TLS_CA_FILE": text},
		"failed to find any PEM data":            {"TLS_CERT_FILE": text, "TLS_KEY_FILE": pair.Key},
		"a host name or an IP address":           {"TLS_SERVER_NAME": "a:b"},
	} {
		variables["TARGET"] = "wss://localhost/"
		if _, faults := load(t, variables); len(faults) != 1 || !strings.Contains(faults[0], want) || strings.Contains(faults[0], "s3cret") {
			t.Errorf("%q: %q, want one fault with %q", variables, faults, want)
		}
	}
	c, faults := load(t, map[string]string{"TARGET": "wss://localhost/", "TLS_CA_FILE": pair.CA, "TLS_CERT_FILE": pair.Cert, "TLS_KEY_FILE": pair.Key, "TLS_SERVER_NAME": "chat.example"})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if config := c.Target.TLS(); config.ServerName != "chat.example" || config.RootCAs == nil || len(config.Certificates) != 1 || config.InsecureSkipVerify {
		t.Errorf("%+v is not what was set", config)
	}
}

// TestAllFaultsAtOnce: nine variables are wrong, and there are nine faults.
func TestAllFaultsAtOnce(t *testing.T) {
	_, faults := load(t, map[string]string{
		"TARGET": "http://x", "TIMEOUT": "x", "HEADERS": "x", "LISTEN": "x", "PATH": "x", "MAX_AGE": "x", "LOG_LEVEL": "x", "CHECK": "x", "UNKNOWN": "x",
	})
	if len(faults) != 9 {
		t.Errorf("%d faults, want 9: %q", len(faults), faults)
	}
}

// TestNoFaultHidesAnother: after a wrong target the files and the address are judged all the same.
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
		if _, faults := load(t, c.variables); len(faults) != c.faults || strings.Contains(strings.Join(faults, ""), "s3cret") {
			t.Errorf("%q: %q, want %d faults", c.variables, faults, c.faults)
		}
	}
}

// TestDefaults are those that the table shows.
func TestDefaults(t *testing.T) {
	c, faults := load(t, nil)
	if len(faults) > 0 || c.Target.Timeout != 3*time.Second || !c.Target.Deflate || c.MaxAge != time.Second || c.Listen != ":10101" || c.Path != "/health" || c.Certificate != nil || c.LogLevel != "info" {
		t.Errorf("%+v %q", c, faults)
	}
}

// TestExtensions: permessage-deflate is offered unless none is.
func TestExtensions(t *testing.T) {
	for value, want := range map[string]bool{"": true, "permessage-deflate": true, "none": false} {
		if c, faults := load(t, map[string]string{"EXTENSIONS": value}); len(faults) > 0 || c.Target.Deflate != want {
			t.Errorf("%q: offered %v, %q, want %v", value, c.Target.Deflate, faults, want)
		}
	}
}

// TestURLReplacesTarget: the argument of check is judged in place of the variable, and faults say so.
func TestURLReplacesTarget(t *testing.T) {
	testbed.Setenv(t, map[string]string{"TARGET": "wrong"})
	if c, faults := Load(os.Environ(), "ws://h/?s3cret", "test"); len(faults) > 0 || c.Target.String() != "ws://h/?…" || c.Settings[0] != (Setting{"WSHEALTHZ_TARGET", "ws://h/?…"}) {
		t.Errorf("%+v %v", c, faults)
	}
	if _, faults := Load(os.Environ(), "http://h/?s3cret", "test"); len(faults) != 1 || faults[0].Name != "URL" || strings.Contains(faults[0].Text, "s3cret") {
		t.Errorf("%v, want one fault of URL", faults)
	}
}
