package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/kelseyhightower/envconfig"
)

// setenv sets our variables to what the test wants and unsets all others of ours.
func setenv(t *testing.T, variables map[string]string) {
	t.Helper()
	for _, entry := range os.Environ() {
		if name, value, _ := strings.Cut(entry, "="); strings.HasPrefix(name, prefix) {
			t.Setenv(name, value) // restores it at the end
			os.Unsetenv(name)
		}
	}
	for name, value := range variables {
		t.Setenv(prefix+name, value)
	}
}

// TestNamesAreEnvconfigs: the names that help shows are those that envconfig reads, in the same order.
func TestNamesAreEnvconfigs(t *testing.T) {
	var names, defaults bytes.Buffer
	if err := envconfig.Usagef("wshealthz", new(environment), &names, "{{range .}}{{usage_key .}} {{usage_default .}}\n{{end}}"); err != nil {
		t.Fatal(err)
	}
	for _, v := range new(environment).variables() {
		defaults.WriteString(v.name + " " + v.def + "\n")
		if v.desc == "" {
			t.Errorf("%s has no description", v.name)
		}
	}
	if names.String() != defaults.String() {
		t.Errorf("envconfig reads\n%swe show\n%s", &names, &defaults)
	}
}

// TestEmptyIsUnset: but for ADMIN_LISTEN, where it means none.
func TestEmptyIsUnset(t *testing.T) {
	setenv(t, nil)
	unset, _ := readEnvironment(os.Environ())
	all := map[string]string{}
	for _, v := range unset.variables() {
		all[strings.TrimPrefix(v.name, prefix)] = ""
	}
	setenv(t, all)
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
	setenv(t, nil)
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
		faults := unknown([]string{entry}, known)
		switch {
		case nearest == "-" && len(faults) > 0:
			t.Errorf("%s: %v, want none", entry, faults)
		case nearest != "-" && (len(faults) != 1 || !strings.Contains(faults[0].text, "the nearest is "+nearest) || strings.Contains(faults[0].text, "s3cret")):
			t.Errorf("%s: %v, want one that names %s and no value", entry, faults, nearest)
		}
	}
}
