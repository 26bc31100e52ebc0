// Package compose runs what compose.yaml describes as processes: it needs no container engine.
package compose

import (
	"bytes"
	"os"
	"reflect"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"go.yaml.in/yaml/v4"

	"wshealthz/examples/internal/beside"
)

// file is all that compose.yaml may hold: a depends_on or a healthcheck would be unknown.
type file struct {
	Name     string
	Services struct {
		Chat struct {
			Build struct {
				Context    string
				Dockerfile string `yaml:"dockerfile_inline"`
			}
			Command []string
			Ports   []string
			Restart string
		}
		Wshealthz sidecar
	}
}

type sidecar struct {
	Image       string
	Ports       []string
	Command     []string
	Environment map[string]string
	Restart     string
	User        string
	ReadOnly    bool     `yaml:"read_only"`
	CapDrop     []string `yaml:"cap_drop"`
	SecurityOpt []string `yaml:"security_opt"`
	MemLimit    string   `yaml:"mem_limit"`
}

func load(t *testing.T) (text []byte, f file) {
	t.Helper()
	text, err := os.ReadFile("compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Load(text, &f, yaml.WithKnownFields()); err != nil {
		t.Fatal(err)
	}
	return text, f
}

// TestShape: the server restarts by itself, and wshealthz may do next to nothing.
func TestShape(t *testing.T) {
	_, f := load(t)
	want := sidecar{
		Image: f.Services.Wshealthz.Image, Ports: []string{"10101:10101"}, Environment: f.Services.Wshealthz.Environment,
		Restart: "on-failure", User: "65532:65532", ReadOnly: true, CapDrop: []string{"ALL"},
		SecurityOpt: []string{"no-new-privileges:true"}, MemLimit: "64m",
	}
	if got := f.Services.Wshealthz; !reflect.DeepEqual(got, want) {
		t.Errorf("wshealthz is %+v, want %+v", got, want)
	}
	if !strings.HasPrefix(want.Image, "${IMAGE:?") {
		t.Errorf("the image is %s, want a variable that must be set", want.Image)
	}
	chat := f.Services.Chat
	if want := []string{"8080:8080"}; !reflect.DeepEqual(chat.Ports, want) {
		t.Errorf("the server publishes %q, want %q", chat.Ports, want)
	}
	if want := []string{"-addr", ":8080"}; !reflect.DeepEqual(chat.Command, want) {
		t.Errorf("the server's command is %q, want %q", chat.Command, want)
	}
	if target := f.Services.Wshealthz.Environment["WSHEALTHZ_TARGET"]; target != "ws://chat:8080/ws" || chat.Restart == "" {
		t.Errorf("the target is %s, and the server restarts %q, want the service's name and port, and a restart of its own", target, chat.Restart)
	}
}

// TestBeside runs both services as processes, with the environment of the file on free ports.
func TestBeside(t *testing.T) {
	ctx := t.Context()
	text, f := load(t)
	programs, err := beside.Build(ctx, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	known, err := programs.Variables(ctx)
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range regexp.MustCompile(`WSHEALTHZ_[A-Z_]+`).FindAll(bytes.Join([][]byte{text, readme}, nil), -1) {
		if !known[string(name)] {
			t.Errorf("%s is named and is no variable", name)
		}
	}
	pair, err := programs.Pair(f.Services.Wshealthz.Environment, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	pair.Adapter.Args = f.Services.Wshealthz.Command
	for _, p := range []*beside.Process{pair.Server, pair.Adapter} {
		if err := p.Start(ctx); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.End(os.Kill) })
	}
	for _, step := range []struct {
		what, starts string
		signal       syscall.Signal
		status       int
	}{
		{"both run", "ok", 0, 200},
		{"the server is stopped", "upgrade: upgrade_timeout: ", syscall.SIGSTOP, 503},
		{"the server goes on", "ok", syscall.SIGCONT, 200},
	} {
		if err := pair.Server.Signal(step.signal); err != nil {
			t.Fatal(err)
		}
		body, err := beside.Get(ctx, pair.Health, step.status)
		if err != nil || !strings.HasPrefix(body, step.starts) {
			t.Fatalf("%s: %d %q, %v, want %s", step.what, step.status, body, err, step.starts)
		}
		t.Logf("%s: %d %s", step.what, step.status, body)
	}
}
