//go:build e2e

package charts

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"strings"
)

// admin looks at the admin listener of a pod that has it on all addresses: the network gets metrics alone, a person with
// port-forward gets everything.
func (c *cluster) admin(pod, address string) {
	c.Helper()
	from := agicProbe{protocol: "Http", host: "prometheus", path: "/metrics", codes: "200", port: 10102, timeout: 5, bad: 2}
	if heard := c.asks(from, "healthy", address); !strings.Contains(heard, "wshealthz_") {
		c.Errorf("a scraper gets %s", heard)
	}
	from.path = "/status"
	if heard := c.asks(from, "unhealthy", address); !strings.Contains(heard, "404") {
		c.Errorf("the network gets %s of /status, want 404", heard)
	}
	forward := exec.CommandContext(c.Context(), "kubectl", "--namespace", c.namespace, "port-forward", "pod/"+pod, "0:10102")
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
		c.Fatalf("port-forward says %q (%v)", line, err)
	}
	response, err := http.Get("http://" + words[2] + "/status")
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
		c.Errorf("/status is %s (%v), want pass, a server that others reach, and the kubelet beside the gateway", body, err)
	}
}
