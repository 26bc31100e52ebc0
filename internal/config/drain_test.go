package config

import (
	"slices"
	"strings"
	"testing"

	"wshealthz/internal/testbed"
)

// TestDrainPath: one path of the health listener cannot be for both.
func TestDrainPath(t *testing.T) {
	_, faults := load(t, map[string]string{"PATH": "/drain", "DRAIN_WAIT": "true"})
	if len(faults) != 1 || !strings.HasPrefix(faults[0], "WSHEALTHZ_PATH: ") || !strings.Contains(faults[0], "another path than /drain") {
		t.Errorf("%q, want one fault about the path", faults)
	}
}

// TestLoadAdmin: where the admin listener is reached from this machine, whatever else the environment holds.
func TestLoadAdmin(t *testing.T) {
	both := []string{"127.0.0.1:10102", "[::1]:10102"}
	for value, want := range map[string][]string{
		"127.0.0.1:10102": {"127.0.0.1:10102"}, "127.9.9.9:1": {"127.9.9.9:1"}, "[::1]:7": {"[::1]:7"}, "[::ffff:127.0.0.1]:7": {"[::ffff:127.0.0.1]:7"},
		":10102": both, "0.0.0.0:10102": both, "[::]:10102": both, "localhost:10102": both,
	} {
		testbed.Setenv(t, map[string]string{"ADMIN_LISTEN": value, "TARGET": "wrong", "LISTEN": "wrong"})
		if got, faults := LoadAdmin(); !slices.Equal(got, want) || len(faults) > 0 {
			t.Errorf("%s is reached at %q, want %q; faults %q", value, got, want, faults)
		}
	}
	for value, want := range map[string]string{
		"": "is the empty string, so there is no admin listener", "10102": "must be host:port", "127.0.0.1:0": "must have the port",
		"10.0.0.1:10102": "must be an address of loopback", "chat.example:10102": "must be an address of loopback",
	} {
		testbed.Setenv(t, map[string]string{"ADMIN_LISTEN": value})
		if _, faults := LoadAdmin(); len(faults) != 1 || !strings.HasPrefix(faults[0].String(), "WSHEALTHZ_ADMIN_LISTEN: ") || !strings.Contains(faults[0].String(), want) {
			t.Errorf("%q: %q, want one fault with %q", value, faults, want)
		}
	}
}
