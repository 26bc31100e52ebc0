package charts

import (
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

// TestDefaultsAreValues checks that blocks of another name have the defaults of values.yaml.
func TestDefaultsAreValues(t *testing.T) {
	if got, want := normal(t, defined(t, "_values.tpl", "defaults")), normal(t, read(t, "../wshealthz/values.yaml")); got != want {
		t.Errorf("_values.tpl has\n%s\nvalues.yaml has\n%s", got, want)
	}
}

// TestVersions checks that the versions which the templates know are those of Chart.yaml.
func TestVersions(t *testing.T) {
	var chart struct {
		AppVersion, Version string
		Annotations         map[string]string
	}
	if err := yaml.Unmarshal([]byte(read(t, "../wshealthz/Chart.yaml")), &chart); err != nil {
		t.Fatal(err)
	}
	if got := defined(t, "_version.tpl", "version"); got != chart.AppVersion {
		t.Errorf("the default tag is %s, the chart's appVersion %s", got, chart.AppVersion)
	}
	if got := defined(t, "_version.tpl", "templates"); got != chart.Version || got != chart.Annotations["wshealthz/templates"] {
		t.Errorf("the templates are those of %s, the chart's version is %s and its annotation %v", got, chart.Version, chart.Annotations)
	}
}

// defined returns the text of one of the library's templates.
func defined(t *testing.T, file, name string) string {
	t.Helper()
	match := regexp.MustCompile(`(?s)define "wshealthz\.` + name + `" -}}\n?(.*?)\n?{{- end`).FindStringSubmatch(read(t, "../wshealthz/templates/"+file))
	if match == nil {
		t.Fatalf("%s does not define %s", file, name)
	}
	return match[1]
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
