package config

import (
	"os"
	"strings"
	"testing"

	"wshealthz/internal/testbed"
)

// TestLoadWith: changes are judged as the environment is, which stays as it was. Headers are added, all else is replaced.
func TestLoadWith(t *testing.T) {
	environment := map[string]string{"TARGET": "ws://a/", "ORIGIN": "same", "HEADERS": "A: s3cret", "CHECK": "mqtt", "TIMEOUT": "5s"}
	testbed.Setenv(t, environment)
	c, faults := LoadWith(os.Environ(), "ws://b/", "test", map[string]string{
		Prefix + "TARGET": "wss://c/ws", Prefix + "ORIGIN": "", Prefix + "HEADERS": "B: b", Prefix + "TIMEOUT": "", Prefix + "TLS_SKIP_VERIFY": "true",
	})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	sent := c.Target.Handshake(true)
	if c.Target.URL.String() != "wss://c/ws" || !strings.HasSuffix(sent, "A: s3cret\r\nB: b\r\n\r\n") || strings.Contains(sent, "Origin") || c.Target.Timeout.String() != "3s" ||
		!c.Target.TLS().InsecureSkipVerify || c.Target.Subprotocols[0] != "mqtt" {
		t.Errorf("%s sends %s", c.Target.URL, sent)
	}
	for name, value := range environment {
		if os.Getenv(Prefix+name) != value {
			t.Errorf("%s%s is %q now", Prefix, name, os.Getenv(Prefix+name))
		}
	}
	if c, faults = LoadWith(os.Environ(), "ws://b/", "test", map[string]string{Prefix + "ORIGIN": "null"}); len(faults) > 0 || c.Target.URL.Host != "b" || c.Target.Origin != "null" {
		t.Errorf("%s, origin %s, %v: want the URL, and what was changed", c.Target.URL, c.Target.Origin, faults)
	}
	_, faults = LoadWith(os.Environ(), "", "test", map[string]string{Prefix + "HEADERS": "Host: s3cret", Prefix + "TLS_SKIP_VERIFY": "true", Prefix + "HOST": "a b"})
	if len(faults) != 3 || strings.Contains(faults[0].String()+faults[1].String()+faults[2].String(), "s3cret") {
		t.Errorf("%v, want three faults", faults)
	}
}
