package config

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/kelseyhightower/envconfig"

	"wshealthz/internal/testbed"
)

// TestNamesAreEnvconfigs: the names that help shows are those that envconfig reads, in the same order.
func TestNamesAreEnvconfigs(t *testing.T) {
	var names, defaults bytes.Buffer
	if err := envconfig.Usagef("wshealthz", new(environment), &names, "{{range .}}{{usage_key .}} {{usage_default .}}\n{{end}}"); err != nil {
		t.Fatal(err)
	}
	for _, v := range new(environment).variables() {
		defaults.WriteString(v.Name + " " + v.Default + "\n")
		if v.Description == "" {
			t.Errorf("%s has no description", v.Name)
		}
	}
	if names.String() != defaults.String() {
		t.Errorf("envconfig reads\n%swe show\n%s", &names, &defaults)
	}
}

// TestEmptyIsUnset: except for ADMIN_LISTEN, where it means none.
func TestEmptyIsUnset(t *testing.T) {
	testbed.Setenv(t, nil)
	unset, _ := readEnvironment(os.Environ())
	all := map[string]string{}
	for _, v := range unset.variables() {
		all[strings.TrimPrefix(v.Name, Prefix)] = ""
	}
	testbed.Setenv(t, all)
	empty, faults := readEnvironment(os.Environ())
	if len(faults) > 0 || empty.AdminListen != "" || unset.AdminListen != "127.0.0.1:10102" {
		t.Errorf("ADMIN_LISTEN is %q when empty, %q when unset; faults %v", empty.AdminListen, unset.AdminListen, faults)
	}
	empty.AdminListen = unset.AdminListen
	if *empty != *unset {
		t.Errorf("%+v, want the defaults %+v", empty, unset)
	}
}

// TestUnprefixedIsNotRead: a name without the prefix is not ours.
func TestUnprefixedIsNotRead(t *testing.T) {
	testbed.Setenv(t, nil)
	t.Setenv("TARGET", "ws://wrong/")
	t.Setenv("CA_FILE", "/wrong")
	if e, _ := readEnvironment(os.Environ()); e.Target != "" || e.TLS.CAFile != "" || e.Path != "/health" {
		t.Errorf("%+v reads names without the prefix", e)
	}
}

func TestUnknownNames(t *testing.T) {
	known := new(environment).variables()
	for entry, nearest := range map[string]string{
		"WSHEALTHZ_TRAGET=x":              "WSHEALTHZ_TARGET",
		"WSHEALTHZ_TLS_CAFILE=x":          "WSHEALTHZ_TLS_CA_FILE",
		"WSHEALTHZ_MAXAGE=x":              "WSHEALTHZ_MAX_AGE",
		"WSHEALTHZ_PORT=10101":            "WSHEALTHZ_HOST",
		"WSHEALTHZ_SERVICE_PORTS=x":       "",
		"WSHEALTHZ_=x":                    "",
		"WSHEALTHZ_PORT_80_TCP_ADDRESS=x": "",
		"WSHEALTHZ_TARGET_URL=s3cret":     "WSHEALTHZ_TARGET",
		"WSHEALTHZ_TYPO=a_PORT=tcp://b":   "",
		// what Kubernetes sets for Services
		"WSHEALTHZ_SERVICE_HOST=10.0.0.1":                  "-",
		"WSHEALTHZ_SERVICE_PORT=80":                        "-",
		"WSHEALTHZ_SERVICE_PORT_HTTP=80":                   "-",
		"WSHEALTHZ_PORT=tcp://10.0.0.1:80":                 "-",
		"WSHEALTHZ_WEB_PORT=udp://10.0.0.1:80":             "-",
		"WSHEALTHZ_PORT_80_TCP=tcp://10.0.0.1:80":          "-",
		"WSHEALTHZ_WEB_PORT_80_SCTP_ADDR=10.0.0.1":         "-",
		"WSHEALTHZ_WEB_PORT_80_TCP_PROTO=tcp":              "-",
		"WSHEALTHZ_INJECTOR_WEBHOOK_SERVICE_HOST=10.0.0.1": "-",
		"WSHEALTHZ_TIMEOUT=3s":                             "-",
		"OTHER_WSHEALTHZ_TARGET=x":                         "-",
	} {
		faults := unknownVariables([]string{entry}, known)
		switch {
		case nearest == "-" && len(faults) > 0:
			t.Errorf("%s: %v, want none", entry, faults)
		case nearest != "-" && (len(faults) != 1 || !strings.HasPrefix(faults[0].Text, "unknown variable, did you mean WSHEALTHZ_"+strings.TrimPrefix(nearest, Prefix)) || strings.Contains(faults[0].Text, "s3cret")):
			t.Errorf("%s: %v, want one that suggests %q and shows no value", entry, faults, nearest)
		}
	}
}

// TestEveryVariableSaysHowItIsShown: a tag that is missing or misspelled would show a value, or hide it, by accident.
func TestEveryVariableSaysHowItIsShown(t *testing.T) {
	for _, v := range Variables() {
		switch v.show {
		case "plain", "url", "secret":
		default:
			t.Errorf(`%s has the tag show:%q, want plain, url or secret`, v.Name, v.show)
		}
	}
}

// TestSecretsAreNotShown: with a secret in every variable that may hold one, neither the settings nor any fault has it.
func TestSecretsAreNotShown(t *testing.T) {
	c, faults := load(t, map[string]string{"TARGET": "ws://h/p?token=s3cret", "HEADERS": "A: s3cret", "SEND": "s3cret", "EXPECT": "s3cret"})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	shown := map[string]string{}
	for _, s := range c.Settings {
		shown[strings.TrimPrefix(s.Name, Prefix)] = s.Value
	}
	if shown["TARGET"] != "ws://h/p?…" || shown["HEADERS"] != "…" || shown["SEND"] != "…" || shown["EXPECT"] != "…" || shown["PATH"] != "/health" {
		t.Errorf("settings %q", shown)
	}
	_, faults = load(t, map[string]string{"TARGET": "ws://user:s3cret@h:0/?s3cret#x", "HEADERS": "s3cret", "SEND": "hex:s3cret", "EXPECT": "(s3cret", "CHECK": "ping"})
	if len(faults) < 6 || strings.Contains(strings.Join(faults, "\n"), "s3cret") {
		t.Errorf("faults %q", faults)
	}
}
