package main

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"wshealthz/internal/command"
	"wshealthz/internal/config"
	"wshealthz/upgrade"
)

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestReadmeVariables: the README's table is the help's, row for row.
func TestReadmeVariables(t *testing.T) {
	var want strings.Builder
	for _, v := range config.Variables() {
		def := ""
		if v.Default != "" {
			def = "`" + v.Default + "`"
		}
		want.WriteString("| `" + v.Name + "` | " + def + " | " + v.Description + " |\n")
	}
	_, table, _ := strings.Cut(readme(t), "| variable | default | meaning |\n|---|---|---|\n")
	if got, _, _ := strings.Cut(table, "\n\n"); got+"\n" != want.String() {
		t.Errorf("the README has\n%s\nthe code has\n%s", got, want.String())
	}
}

// TestReadmeReasons: each reason of the closed set has its row, in order, and no other has.
func TestReadmeReasons(t *testing.T) {
	var want, got []string
	for _, reason := range upgrade.Reasons() {
		want = append(want, reason.String()+" "+reason.Phase().String())
	}
	_, table, _ := strings.Cut(readme(t), "| reason | phase |")
	table, _, _ = strings.Cut(table, "\n\n")
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| ?([a-z]*) \\| [^|]+ \\| [^|]+ \\|$").FindAllStringSubmatch(table, -1) {
		got = append(got, row[1]+" "+row[2])
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the README has %q, the code has %q", got, want)
	}
}

// TestReadmeNames: every variable that the README, the hints and the examples name is one.
func TestReadmeNames(t *testing.T) {
	known := map[string]bool{}
	for _, v := range config.Variables() {
		known[v.Name] = true
	}
	texts := readme(t) + command.Usage
	for _, reason := range upgrade.Reasons() {
		texts += reason.Hint() + "\n"
	}
	for _, name := range regexp.MustCompile(`WSHEALTHZ_[A-Z_]*[A-Z]`).FindAllString(texts, -1) {
		if !known[name] && name != "WSHEALTHZ_DRAIN" {
			t.Errorf("%s is named and is no variable", name)
		}
	}
}

// TestReadmeAnnotations: all seven that AGIC takes, and a probe timeout above ours.
func TestReadmeAnnotations(t *testing.T) {
	text := readme(t)
	for _, name := range []string{"hostname", "port", "path", "status-codes", "interval", "timeout", "unhealthy-threshold"} {
		if n := strings.Count(text, "appgw.ingress.kubernetes.io/health-probe-"+name+": "); n != 1 {
			t.Errorf("health-probe-%s is there %d times, want once", name, n)
		}
	}
}

// TestReadmeProtocols: the README's table of depths is the code's.
func TestReadmeProtocols(t *testing.T) {
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
	_, table, _ := strings.Cut(readme(t), "| check | sends | healthy |\n|---|---|---|\n")
	if got, _, _ := strings.Cut(table, "\n\n"); got+"\n" != want {
		t.Errorf("the README has\n%s\nthe code has\n%s", got, want)
	}
}
