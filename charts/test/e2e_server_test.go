//go:build e2e

package charts

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// split returns the REPOSITORY and the TAG of an image.
func split(image string) (repository, tag string) {
	i := strings.LastIndex(image, ":")
	return image[:i], image[i+1:]
}

// serverValues returns values of websocket-server for the tests' own server, under "restricted", and for the sidecar's image.
func serverValues() string {
	repository, tag := split(e2eImage)
	sidecar, sidecarTag := split(image)
	return fmt.Sprintf(`replicaCount: 1
terminationGracePeriodSeconds: 1
image: {repository: %q, tag: %q}
podSecurityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
wshealthz: {image: {repository: %q, tag: %q}, drain: {mode: none}}
`, repository, tag, sidecar, sidecarTag)
}

const (
	demo           = "app.kubernetes.io/instance=wshealthz"
	demoDeployment = "wshealthz-websocket-server"
)

// upgrade installs websocket-server with values on top of serverValues, and returns a pod after the rollout.
func (c *cluster) upgrade(values string) corev1.Pod {
	c.Helper()
	c.install("wshealthz", "websocket-server", merged(c.T, serverValues(), values))
	return c.rollout(demoDeployment, demo)
}

// live returns the probe that AGIC makes of the Ingress, Service and Deployment that are in the namespace now.
func (c *cluster) live() agicProbe {
	c.Helper()
	var list struct{ Items []map[string]any }
	if err := json.Unmarshal([]byte(c.kubectl("get", "ingresses,services,deployments", "--selector", demo, "--output=json")), &list); err != nil {
		c.Fatal(err)
	}
	var text strings.Builder
	for _, item := range list.Items {
		document, err := yaml.Marshal(item)
		if err != nil {
			c.Fatal(err)
		}
		text.WriteString("---\n" + string(document))
	}
	return agicProbeOf(c.T, decodeStrict(c.T, text.String()))
}

// TestClusterServer takes websocket-server through both steps and back, and stops the server in between. The release is named
// wshealthz, because the Services of such names put variables WSHEALTHZ_... into every pod.
func TestClusterServer(t *testing.T) {
	c := newCluster(t)
	c.apply("apiVersion: v1\nkind: Service\nmetadata: {name: wshealthz}\nspec: {ports: [{name: listen, port: 80}]}")
	c.apply("apiVersion: v1\nkind: Service\nmetadata: {name: wshealthz-web}\nspec: {ports: [{name: target, port: 80}]}")

	// Off: the gateway probes the server itself, and gets 400.
	pod := c.upgrade("{}")
	if answers := c.probe(c.live(), "unhealthy", pod.Status.PodIP); !strings.Contains(answers, "400") {
		t.Errorf("without wshealthz the gateway gets %s, want 400", answers)
	}

	// Step one: the sidecar is there, and the gateway still probes the server.
	pod = c.upgrade("wshealthz: {enabled: true}")
	c.probe(healthy, "healthy", pod.Status.PodIP)
	if c.live().port != 8888 {
		t.Errorf("step one points the gateway at %+v", c.live())
	}

	// Step two: the gateway probes the sidecar.
	const both = "wshealthz: {enabled: true, adminExposed: true, probe: {enabled: true}}"
	pod = c.upgrade(both)
	c.probe(c.live(), "healthy", pod.Status.PodIP)
	c.stopServer(pod.Name, pod.Status.PodIP)
	c.admin(pod.Name, pod.Status.PodIP)
	c.commandsAndLogs(pod.Name)

	// Back: first what made the server pass before, then the sidecar goes.
	back := merged(t, both, "wshealthz: {probe: {enabled: false, previous: {appgw.ingress.kubernetes.io/health-probe-status-codes: '200-399,400'}}}")
	pod = c.upgrade(back)
	c.probe(c.live(), "healthy", pod.Status.PodIP)
	pod = c.upgrade(merged(t, back, "wshealthz: {enabled: false}"))
	if len(pod.Spec.InitContainers) != 0 {
		t.Error("the sidecar is still there")
	}
	c.probe(c.live(), "healthy", pod.Status.PodIP)
}

// commandsAndLogs checks the commands of a running sidecar, and that neither container logs more than it should.
func (c *cluster) commandsAndLogs(pod string) {
	c.Helper()
	if out := c.kubectl("exec", pod, "-c", "wshealthz", "--", "/wshealthz", "check"); !strings.HasPrefix(out, "ok\n") {
		c.Errorf("check prints %s", out)
	}
	if out := c.kubectl("exec", pod, "-c", "wshealthz", "--", "/wshealthz", "version"); !strings.HasPrefix(out, "wshealthz ") {
		c.Errorf("version prints %s", out)
	}
	if log := c.kubectl("logs", pod, "-c", "wshealthz"); strings.Count(log, "\n") > 20 || !strings.Contains(log, `"serving"`) {
		c.Errorf("the sidecar's log is %s", log)
	}
	if log := c.kubectl("logs", pod, "-c", "websocket-server"); log != "" {
		c.Errorf("the server's log is %s, want nothing", log)
	}
}

// stopServer stops the server of a pod with SIGSTOP and continues it. The gateway and the kubelet must notice both in time.
func (c *cluster) stopServer(pod, address string) {
	c.Helper()
	probe := c.live()
	stopped := time.Now()
	c.kubectl("exec", pod, "-c", "websocket-server", "--", "/e2e", "signal", "STOP")
	// failureThreshold × periodSeconds + timeoutSeconds of the default readinessProbe, and 3 s
	bound := (3*5 + 4 + 3) * time.Second
	c.until("unready", patience, func() error {
		if c.ready(pod) {
			return errors.New("still ready")
		}
		return nil
	})
	took := time.Since(stopped)
	if took > bound {
		c.Errorf("unready after %s, want at most %s", took, bound)
	}
	c.Logf("unready %s after SIGSTOP, bound %s", took.Round(time.Millisecond), bound)
	if answers := c.probe(probe, "unhealthy", address); !strings.Contains(answers, "503 upgrade: upgrade_timeout") {
		c.Errorf("while the server is stopped the gateway gets %s, want 503 upgrade_timeout", answers)
	}
	c.kubectl("exec", pod, "-c", "websocket-server", "--", "/e2e", "signal", "CONT")
	continued := time.Now()
	c.until("ready again", patience, func() error {
		if !c.ready(pod) {
			return errors.New("still unready")
		}
		return nil
	})
	c.Logf("ready again %s after SIGCONT", time.Since(continued).Round(time.Millisecond))
	c.probe(probe, "healthy", address)
}
