// Package compose checks compose.yaml, and runs what it describes as processes, which needs no container engine.
package compose

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"wshealthz/internal/testbed"
)

// A file is all that compose.yaml may hold: any other key fails the test, such as healthcheck.
type file struct {
	Name     string
	Services struct {
		Chat struct {
			Build struct {
				Context    string
				Dockerfile string `yaml:"dockerfile_inline"`
			}
			Command         []string
			Ports           []string
			Restart         string
			StopGracePeriod string `yaml:"stop_grace_period"`
		}
		Wshealthz sidecar
	}
}

type sidecar struct {
	Image       string
	Ports       []string
	DependsOn   []string `yaml:"depends_on"`
	Command     []string
	Environment map[string]string
	Restart     string
	User        string
	ReadOnly    bool     `yaml:"read_only"`
	CapDrop     []string `yaml:"cap_drop"`
	SecurityOpt []string `yaml:"security_opt"`
	MemLimit    string   `yaml:"mem_limit"`
}

func TestMain(m *testing.M) { testbed.Main(m) }

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

// TestServices checks that each service restarts by itself, and that wshealthz has the fewest permissions.
func TestServices(t *testing.T) {
	_, f := load(t)
	want := sidecar{
		Image: f.Services.Wshealthz.Image, Ports: []string{"10101:10101"}, DependsOn: []string{"chat"}, Environment: f.Services.Wshealthz.Environment,
		Restart: "on-failure", User: "65532:65532", ReadOnly: true, CapDrop: []string{"ALL"},
		SecurityOpt: []string{"no-new-privileges:true"}, MemLimit: "64m",
	}
	if got := f.Services.Wshealthz; !reflect.DeepEqual(got, want) {
		t.Errorf("wshealthz is %+v, want %+v", got, want)
	}
	if !strings.HasPrefix(want.Image, "${IMAGE:?") {
		t.Errorf("the image is %s, want a variable that must be set (${IMAGE:?...})", want.Image)
	}
	chat := f.Services.Chat
	if want := []string{"8080:8080"}; !reflect.DeepEqual(chat.Ports, want) {
		t.Errorf("the server publishes %q, want %q", chat.Ports, want)
	}
	if want := []string{"-addr", ":8080"}; !reflect.DeepEqual(chat.Command, want) {
		t.Errorf("the server's command is %q, want %q", chat.Command, want)
	}
	if grace, err := time.ParseDuration(chat.StopGracePeriod); err != nil || grace < 30*time.Second {
		t.Errorf("the server has %q to stop, want 30s or more, as in Kubernetes", chat.StopGracePeriod)
	}
	if target := f.Services.Wshealthz.Environment["WSHEALTHZ_TARGET"]; target != "ws://chat:8080/ws" || chat.Restart == "" {
		t.Errorf("WSHEALTHZ_TARGET is %s, want the service's name and port; the server's restart policy is %q, want one", target, chat.Restart)
	}
}

// TestVariables checks that each variable that compose.yaml or the README names exists.
func TestVariables(t *testing.T) {
	text, _ := load(t)
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	known := testbed.Variables(t)
	named := regexp.MustCompile(`WSHEALTHZ_[A-Z_]+`).FindAll(slices.Concat(text, readme), -1)
	if len(named) == 0 {
		t.Error("no variable is named, or the pattern is wrong")
	}
	for _, name := range named {
		if !known[string(name)] {
			t.Errorf("%s is named, but wshealthz help does not list it", name)
		}
	}
}

// TestServerStopsAndContinues runs both services as processes, with the environment and the command of the file.
func TestServerStopsAndContinues(t *testing.T) {
	_, f := load(t)
	chat, address := testbed.StartChat(t)
	service := testbed.StartExample(t, f.Services.Wshealthz.Environment, address, f.Services.Wshealthz.Command...)
	service.Expect(t, "both run", 200, "ok")
	chat.Signal(t, syscall.SIGSTOP)
	service.Expect(t, "the server is stopped", 503, "upgrade: upgrade_timeout: ")
	chat.Signal(t, syscall.SIGCONT)
	service.Expect(t, "the server continues", 200, "ok")
}

// TestDrain runs what the README says to run before the server is stopped or updated, and after it.
func TestDrain(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	commands := regexp.MustCompile(`(?m)^docker compose exec wshealthz /wshealthz ([^#\n]+)`).FindAllSubmatch(readme, -1)
	if len(commands) != 2 {
		t.Fatalf("the README has %d commands to run in wshealthz, want 2", len(commands))
	}
	_, f := load(t)
	_, address := testbed.StartChat(t)
	service := testbed.StartExample(t, f.Services.Wshealthz.Environment, address)
	service.Expect(t, "both run", 200, "ok")
	for i, want := range []struct {
		status int
		body   string
	}{{503, "draining: "}, {200, "ok"}} {
		args := strings.Fields(string(commands[i][1]))
		p := testbed.Start(t, testbed.Build(t, "wshealthz"), []string{"WSHEALTHZ_ADMIN_LISTEN=" + service.Admin}, args...)
		if code := p.Wait(t); code != 0 {
			t.Fatalf("%q: exit %d", args, code)
		}
		service.Expect(t, strings.Join(args, " "), want.status, want.body)
	}
}
