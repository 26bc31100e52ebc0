package charts

import (
	"os"
	"os/exec"
	"regexp"
	"testing"

	"sigs.k8s.io/yaml"
)

// TestNamesAreThePrograms checks that the templates can set every variable that the program reads and no other, and that the
// defaults which the chart writes are the program's.
func TestNamesAreThePrograms(t *testing.T) {
	text, err := exec.Command("go", "-C", "../..", "run", ".", "help").Output()
	if err != nil {
		t.Fatal(err)
	}
	defaults := map[string]string{}
	for _, row := range regexp.MustCompile(`(?m)^  (WSHEALTHZ_[A-Z_]+) +(\S*)  `).FindAllStringSubmatch(string(text), -1) {
		defaults[row[1]] = row[2]
	}
	if len(defaults) < 20 {
		t.Fatalf("help prints %d variables", len(defaults))
	}
	values := `wshealthz:
  {enabled: true, image: {repository: r}, target: wss://t, address: a, check: ping, timeout: 2s, subprotocols: [a, b], host: h, origin: o, headers: "A: b",
   headersSecret: s, send: s, expect: e, tls: {caSecret: s, certSecret: s, serverName: name, skipVerify: true}, path: /p, serve: {secret: s}, maxAge: 2s,
   drain: {mode: none}, drainWait: true, drainTimeout: 1s, drainAnswers: 3, drainSessions: 5m, extensions: permessage-deflate, logLevel: warn, logFormat: console}`
	set := environmentOf(podSpec(t, helms(t)[0], values).InitContainers[0])
	delete(set, "GOMEMLIMIT")
	for name := range set {
		if _, known := defaults[name]; !known {
			t.Errorf("the chart sets %s, which help does not print", name)
		}
	}
	for name := range defaults {
		if _, is := set[name]; !is {
			t.Errorf("no value sets %s", name)
		}
	}
	compared := 0
	for name, value := range environmentOf(podSpec(t, helms(t)[0], minimal).InitContainers[0]) {
		if def := defaults[name]; def != "" {
			compared++
			if def != value {
				t.Errorf("the chart's default of %s is %s, the program's %s", name, value, def)
			}
		}
	}
	if compared < 5 {
		t.Errorf("%d defaults compared, want LISTEN, ADMIN_LISTEN, CHECK, TIMEOUT and PATH at least", compared)
	}
}

// TestDefaultsAreValues checks that blocks of another name have the defaults of values.yaml, and that the version is the
// chart's.
func TestDefaultsAreValues(t *testing.T) {
	tpl, err := os.ReadFile("../wshealthz/templates/_values.tpl")
	if err != nil {
		t.Fatal(err)
	}
	defined := func(name string) string {
		match := regexp.MustCompile(`(?s)define "wshealthz\.` + name + `" -}}\n?(.*?)\n?{{- end`).FindSubmatch(tpl)
		if match == nil {
			t.Fatalf("_values.tpl does not define %s", name)
		}
		return string(match[1])
	}
	file, err := os.ReadFile("../wshealthz/values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := normal(t, defined("defaults")), normal(t, string(file)); got != want {
		t.Errorf("_values.tpl has\n%s\nvalues.yaml has\n%s", got, want)
	}
	chart := struct{ AppVersion, Version string }{}
	text, err := os.ReadFile("../wshealthz/Chart.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &chart); err != nil || chart.AppVersion != defined("version") {
		t.Errorf("the version is %s, the chart's appVersion %s (%v)", defined("version"), chart.AppVersion, err)
	}
}

// normal returns YAML in a normal form.
func normal(t *testing.T, text string) string {
	t.Helper()
	var value any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	out, err := yaml.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
