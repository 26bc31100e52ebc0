//go:build e2e

package charts

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"strings"
)

// admin checks the admin listener of a pod that has it on all addresses: from the network only metrics are available, through
// port-forward everything.
func (c *cluster) admin(pod, address string) {
	c.Helper()
	from := agicProbe{protocol: "Http", host: "prometheus", path: "/metrics", codes: "200", port: 10102, timeout: 5, bad: 2}
	if answers := c.probe(from, "healthy", address); !strings.Contains(answers, "wshealthz_") {
		c.Errorf("from the network /metrics answers %s, want metrics", answers)
	}
	from.path = "/status"
	if answers := c.probe(from, "unhealthy", address); !strings.Contains(answers, "404") {
		c.Errorf("from the network /status answers %s, want 404", answers)
	}
	ctx, cancel := context.WithTimeout(c.Context(), patience)
	defer cancel()
	forward := exec.CommandContext(ctx, "kubectl", "--namespace", c.namespace, "port-forward", "pod/"+pod, "0:10102")
	out, err := forward.StdoutPipe()
	if err != nil {
		c.Fatal(err)
	}
	if err := forward.Start(); err != nil {
		c.Fatal(err)
	}
	defer forward.Process.Kill()
	line, err := bufio.NewReader(out).ReadString('\n') // Forwarding from 127.0.0.1:40000 -> 10102
	words := strings.Fields(line)
	if err != nil || len(words) < 3 {
		c.Fatalf("port-forward prints %q (%v)", line, err)
	}
	client := http.Client{Timeout: patience}
	response, err := client.Get("http://" + words[2] + "/status")
	if err != nil {
		c.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		c.Fatal(err)
	}
	var status struct {
		Status, ServerListens string
		Callers               []struct{ Address, UserAgent string }
	}
	if err := json.Unmarshal(body, &status); err != nil || status.Status != "pass" || status.ServerListens != "outside" || len(status.Callers) < 2 {
		c.Errorf("/status is %s (%v), want pass, a server that other machines can reach, and both the kubelet and the gateway as callers", body, err)
	}
}
