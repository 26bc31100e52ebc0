// Package beside runs a WebSocket server, the unmodified chat of gorilla/websocket, and wshealthz beside it as two
// processes on loopback: what the examples describe for containers and units, on a machine that has neither.
package beside

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Patience is how long a start or an answer is waited for.
const Patience = 30 * time.Second

// Programs are the paths of the two binaries.
type Programs struct{ Chat, Adapter string }

// Build builds both programs into dir, with this module's versions.
func Build(ctx context.Context, dir string) (Programs, error) {
	built := Programs{Chat: filepath.Join(dir, "chat"), Adapter: filepath.Join(dir, "wshealthz")}
	for path, pkg := range map[string]string{built.Chat: "github.com/gorilla/websocket/examples/chat", built.Adapter: "wshealthz"} {
		if out, err := exec.CommandContext(ctx, "go", "build", "-o", path, pkg).CombinedOutput(); err != nil {
			return built, fmt.Errorf("go build %s: %w\n%s", pkg, err, out)
		}
	}
	return built, nil
}

// Variables are the names of the environment, as wshealthz help prints them.
func (b Programs) Variables(ctx context.Context) (map[string]bool, error) {
	help, err := exec.CommandContext(ctx, b.Adapter, "help").Output()
	if err != nil {
		return nil, fmt.Errorf("%s help: %w", b.Adapter, err)
	}
	names := map[string]bool{}
	for _, row := range regexp.MustCompile(`(?m)^  (WSHEALTHZ_[A-Z_]+) `).FindAllSubmatch(help, -1) {
		names[string(row[1])] = true
	}
	return names, nil
}

// A Pair is a server and wshealthz beside it.
type Pair struct {
	Server, Adapter *Process
	Health          string // URL of the health listener
}

// Pair puts an example's environment onto free ports of loopback and changes nothing else in it: the target's host and
// port, the health listener's, and no admin listener on its default port. Nothing is started yet.
func (b Programs) Pair(environment map[string]string, stderr io.Writer) (*Pair, error) {
	target, err := url.Parse(environment["WSHEALTHZ_TARGET"])
	if err != nil {
		return nil, err
	}
	chat, health, err := FreeAddresses()
	if err != nil {
		return nil, err
	}
	_, port, _ := net.SplitHostPort(chat)
	target.Host = net.JoinHostPort("localhost", port)
	env := []string{"WSHEALTHZ_TARGET=" + target.String(), "WSHEALTHZ_LISTEN=" + health, "WSHEALTHZ_ADMIN_LISTEN="}
	path := "/health"
	for name, value := range environment {
		switch name {
		case "WSHEALTHZ_TARGET", "WSHEALTHZ_LISTEN", "WSHEALTHZ_ADMIN_LISTEN":
			continue
		case "WSHEALTHZ_PATH":
			path = value
		}
		env = append(env, name+"="+value)
	}
	return &Pair{
		Server:  &Process{Path: b.Chat, Args: []string{"-addr", chat}, Address: chat, Stderr: stderr},
		Adapter: &Process{Path: b.Adapter, Env: env, Address: health, Stderr: stderr},
		Health:  "http://" + health + path,
	}, nil
}

// FreeAddresses returns two loopback addresses on which nobody listens.
func FreeAddresses() (string, string, error) {
	var addresses [2]string
	for i := range addresses {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return "", "", err
		}
		defer listener.Close()
		addresses[i] = listener.Addr().String()
	}
	return addresses[0], addresses[1], nil
}

// Get returns the body of the answer to a GET that has this status. A verdict is shared for a second, so another
// status is asked for again.
func Get(ctx context.Context, url string, status int) (body string, err error) {
	err = until(ctx, nil, func() error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		text, err := io.ReadAll(io.LimitReader(response.Body, 1<<10))
		if err != nil {
			return err
		}
		if body = strings.TrimSpace(string(text)); response.StatusCode != status {
			return fmt.Errorf("GET %s: %s %q, want %d", url, response.Status, body, status)
		}
		return nil
	})
	return body, err
}
