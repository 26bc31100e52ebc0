package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"wshealthz/internal/command"
	"wshealthz/internal/config"
	"wshealthz/upgrade"
)

// docFiles returns the documents: README, CONTRIBUTING, docs, and the READMEs of the examples.
func docFiles(t *testing.T) []string {
	t.Helper()
	files := []string{"README.md", "CONTRIBUTING.md"}
	for _, pattern := range []string{"docs/*.md", "examples/*/README.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %d files (%v)", pattern, len(found), err)
		}
		files = append(files, found...)
	}
	return files
}

func readDoc(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// docTable returns the rows of the table with this head, each with its line feed.
func docTable(t *testing.T, file, head string) string {
	t.Helper()
	columns := strings.Count(head, "|") - 1
	_, table, found := strings.Cut(readDoc(t, file), head+"\n|"+strings.Repeat("---|", columns)+"\n")
	if !found {
		t.Fatalf("%s has no table with the head %s", file, head)
	}
	rows, _, _ := strings.Cut(table, "\n\n")
	return strings.TrimSuffix(rows, "\n") + "\n"
}

// TestDocVariables holds the README's table equal to that of help, row for row.
func TestDocVariables(t *testing.T) {
	var want strings.Builder
	for _, v := range config.Variables() {
		standard := ""
		if v.Default != "" {
			standard = "`" + v.Default + "`"
		}
		fmt.Fprintf(&want, "| `%s` | %s | %s |\n", v.Name, standard, v.Description)
	}
	if got := docTable(t, "README.md", "| variable | default | meaning |"); got != want.String() {
		t.Errorf("README.md has\n%s\nthe code has\n%s", got, want.String())
	}
}

var reasonRow = regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| ?([a-z]*) \\| [^|]+ \\| [^|]+ \\|$")

// TestDocReasons: each reason of the closed set has a row, in order, with its phase.
func TestDocReasons(t *testing.T) {
	var want, got []string
	for _, reason := range upgrade.Reasons() {
		want = append(want, reason.String()+" "+reason.Phase().String())
	}
	table := docTable(t, "docs/troubleshooting.md", "| reason | phase | what it means | what to do |")
	for _, row := range reasonRow.FindAllStringSubmatch(table, -1) {
		got = append(got, row[1]+" "+row[2])
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") || len(got) != strings.Count(table, "\n") {
		t.Errorf("docs/troubleshooting.md has %q in %d rows, the code has %q", got, strings.Count(table, "\n"), want)
	}
}

// TestDocProtocols holds the table of protocols equal to the code's.
func TestDocProtocols(t *testing.T) {
	want := "| `ping` | a Ping with 8 random bytes | a Pong with them, or an empty one |\n"
	for _, p := range upgrade.Protocols {
		first := "nothing"
		if p.First != "" {
			quoted := strconv.Quote(p.First)
			first = "`` " + strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`) + " ``"
		}
		if p.Name == "mqtt" || p.Name == "mqtt5" {
			first = fmt.Sprintf("`% X`", p.First)
		}
		want += "| `" + p.Name + "` | " + first + " | " + p.Want + " |\n"
	}
	if got := docTable(t, "docs/checks.md", "| check | sends | healthy |"); got != want {
		t.Errorf("docs/checks.md has\n%s\nthe code has\n%s", got, want)
	}
}

// variableName matches a variable, or with _* a group of them.
var variableName = regexp.MustCompile(`WSHEALTHZ_[A-Z_]*[A-Z](_\*)?`)

// TestDocNames: every variable that documents, help and hints name exists.
func TestDocNames(t *testing.T) {
	known := "\n"
	for _, v := range config.Variables() {
		known += v.Name + "\n"
	}
	texts := map[string]string{"help": command.Usage, "the hints": ""}
	for _, reason := range upgrade.Reasons() {
		texts["the hints"] += reason.Hint() + "\n"
	}
	for _, file := range docFiles(t) {
		texts[file] = readDoc(t, file)
	}
	for where, text := range texts {
		for _, name := range variableName.FindAllString(text, -1) {
			prefix, isGroup := strings.CutSuffix(name, "*")
			if !isGroup {
				prefix += "\n"
			}
			if !strings.Contains(known, "\n"+prefix) {
				t.Errorf("%s names the unknown variable %s", where, name)
			}
		}
	}
}

// TestDocAnnotations: the README has each of the eight annotations once and no other of AGIC's, and the gateway's probe waits
// longer than ours takes.
func TestDocAnnotations(t *testing.T) {
	const prefix = "appgw.ingress.kubernetes.io/"
	text := readDoc(t, "README.md")
	names := []string{"backend-protocol", "health-probe-hostname", "health-probe-port", "health-probe-path", "health-probe-status-codes",
		"health-probe-interval", "health-probe-timeout", "health-probe-unhealthy-threshold"}
	for _, name := range names {
		if n := strings.Count(text, "\n  "+prefix+name+": "); n != 1 {
			t.Errorf("%s is there %d times, want once", name, n)
		}
	}
	if n := strings.Count(text, prefix); n != len(names) {
		t.Errorf("%d annotations, want %d", n, len(names))
	}
	var ours time.Duration
	for _, v := range config.Variables() {
		if v.Name == "WSHEALTHZ_TIMEOUT" {
			ours, _ = time.ParseDuration(v.Default)
		}
	}
	_, value, _ := strings.Cut(text, "health-probe-timeout: \"")
	value, _, _ = strings.Cut(value, "\"")
	if gateway, err := time.ParseDuration(value + "s"); err != nil || ours <= 0 || gateway <= ours {
		t.Errorf("the gateway's probe waits %s s (%v), ours takes up to %s", value, err, ours)
	}
}

// TestDocReadmeLength: two screens.
func TestDocReadmeLength(t *testing.T) {
	if n := strings.Count(readDoc(t, "README.md"), "\n"); n > 150 {
		t.Errorf("README.md has %d lines, want at most 150; the rest belongs into docs", n)
	}
}

var yamlBlock = regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$")

// TestDocYAML: what is there to be copied is YAML.
func TestDocYAML(t *testing.T) {
	for _, file := range docFiles(t) {
		for _, block := range yamlBlock.FindAllStringSubmatch(readDoc(t, file), -1) {
			in := yaml.NewDecoder(strings.NewReader(block[1]))
			var document any
			err := in.Decode(&document)
			for err == nil && document != nil {
				err = in.Decode(&document)
			}
			if err != io.EOF {
				t.Errorf("%s: %v in\n%s", file, err, block[1])
			}
		}
	}
}
