//go:build e2e

package charts

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"
)

// split is REPOSITORY and TAG.
func split(image string) (repository, tag string) {
	i := strings.LastIndex(image, ":")
	return image[:i], image[i+1:]
}

// serverValues are of websocket-server with the server of the tests, under "restricted", and the sidecar's image.
func serverValues() string {
	repository, tag := split(e2eImage)
	sidecar, sidecarTag := split(image)
	return fmt.Sprintf(`replicaCount: 1
terminationGracePeriodSeconds: 1
image: {repository: %q, tag: %q}
podSecurityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
wshealthz: {image: {repository: %q, tag: %q}}
`, repository, tag, sidecar, sidecarTag)
}

const demo = "app.kubernetes.io/instance=wshealthz"

// live is what AGIC makes of the Ingress, Service and Deployment that are in the namespace now.
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

// TestClusterServer takes the application chart both ways under the name wshealthz, whose Services put WSHEALTHZ_... into every
// pod, and stops the server in between.
func TestClusterServer(t *testing.T) {
	c := newCluster(t)
	c.apply("apiVersion: v1\nkind: Service\nmetadata: {name: wshealthz}\nspec: {ports: [{name: listen, port: 80}]}")
	c.apply("apiVersion: v1\nkind: Service\nmetadata: {name: wshealthz-web}\nspec: {ports: [{name: target, port: 80}]}")
	const deployment = "wshealthz-websocket-server"

	// Off: the gateway asks the server itself, and hears 400.
	c.install("wshealthz", "websocket-server", serverValues())
	pod := c.rollout(deployment, demo)
	if heard := c.asks(c.live(), "unhealthy", pod.Status.PodIP); !strings.Contains(heard, "400") {
		t.Errorf("without wshealthz the gateway hears %s, want 400", heard)
	}

	// Step one: the sidecar, and the gateway asks what it asked before.
	c.install("wshealthz", "websocket-server", merged(t, serverValues(), "wshealthz: {enabled: true}"))
	pod = c.rollout(deployment, demo)
	c.asks(healthy, "healthy", pod.Status.PodIP)
	if c.live().port != 8888 {
		t.Errorf("step one points the gateway at %+v", c.live())
	}

	// Step two: the gateway asks the sidecar.
	both := merged(t, serverValues(), "wshealthz: {enabled: true, adminExposed: true, probe: {enabled: true}}")
	c.install("wshealthz", "websocket-server", both)
	pod = c.rollout(deployment, demo)
	c.asks(c.live(), "healthy", pod.Status.PodIP)
	c.stopped(pod.Name, pod.Status.PodIP)
	c.admin(pod.Name, pod.Status.PodIP)

	if out := c.kubectl("exec", pod.Name, "-c", "wshealthz", "--", "/wshealthz", "check"); !strings.HasPrefix(out, "ok\n") {
		t.Errorf("check in the pod says %s", out)
	}
	if out := c.kubectl("exec", pod.Name, "-c", "wshealthz", "--", "/wshealthz", "version"); !strings.HasPrefix(out, "wshealthz ") {
		t.Errorf("version says %s", out)
	}
	if log := c.kubectl("logs", pod.Name, "-c", "wshealthz"); strings.Count(log, "\n") > 20 || !strings.Contains(log, `"serving"`) {
		t.Errorf("the sidecar's log is %s", log)
	}
	if log := c.kubectl("logs", pod.Name, "-c", "websocket-server"); log != "" {
		t.Errorf("the server's log is %s, want nothing", log)
	}

	// Back: the old answer first, then the sidecar goes.
	previous := "wshealthz: {probe: {enabled: false, previous: {appgw.ingress.kubernetes.io/health-probe-status-codes: '200-399,400'}}}"
	c.install("wshealthz", "websocket-server", merged(t, both, previous))
	pod = c.rollout(deployment, demo)
	c.asks(c.live(), "healthy", pod.Status.PodIP)
	c.install("wshealthz", "websocket-server", merged(t, merged(t, both, previous), "wshealthz: {enabled: false}"))
	pod = c.rollout(deployment, demo)
	if len(pod.Spec.InitContainers) != 0 {
		t.Error("the sidecar is still there")
	}
	c.asks(c.live(), "healthy", pod.Status.PodIP)
}

// stopped stops the server of a pod with SIGSTOP and continues it: the gateway and the kubelet must see both in time.
func (c *cluster) stopped(pod, address string) {
	c.Helper()
	probe := c.live()
	stopped := time.Now()
	c.kubectl("exec", pod, "-c", "websocket-server", "--", "/e2e", "signal", "STOP")
	// failureThreshold × period + timeout + 3 s, of the readinessProbe as it comes
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
	heard := c.asks(probe, "unhealthy", address)
	if !strings.Contains(heard, "503 upgrade: upgrade_timeout") {
		c.Errorf("the gateway hears %s of a stopped server, want 503 upgrade_timeout", heard)
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
	c.asks(probe, "healthy", address)
}

// TestClusterPlain: as a plain container, beside a server on a wrong path.
func TestClusterPlain(t *testing.T) {
	c := newCluster(t)
	c.install("wshealthz", "websocket-server", merged(t, serverValues(), "wshealthz: {enabled: true, kind: plain, target: 'ws://localhost:8889/'}"))
	c.until("a pod that runs and is not ready", patience, func() error {
		for _, pod := range c.pods(demo) {
			for _, status := range pod.Status.ContainerStatuses {
				if status.Name == "wshealthz" && status.State.Running != nil && !status.Ready {
					return nil
				}
			}
		}
		return errors.New("none")
	})
	heard := c.asks(healthy, "unhealthy", c.address(demo))
	if !strings.Contains(heard, "503 dial: refused") {
		t.Errorf("the gateway hears %s, want 503 refused", heard)
	}
	c.install("wshealthz", "websocket-server", merged(t, serverValues(), "wshealthz: {enabled: true, kind: plain}"))
	c.asks(healthy, "healthy", c.rollout("wshealthz-websocket-server", demo).Status.PodIP)
}

// address waits for the address of the one pod of a selector.
func (c *cluster) address(selector string) (address string) {
	c.Helper()
	c.until("an address", patience, func() error {
		for _, pod := range c.pods(selector) {
			if address = pod.Status.PodIP; address != "" {
				return nil
			}
		}
		return errors.New("none")
	})
	return address
}

// TestClusterHTTPS: server, sidecar and gateway speak TLS, with certificates from Secrets.
func TestClusterHTTPS(t *testing.T) {
	c := newCluster(t)
	cert, key := certificate(t, "ws.contoso.com")
	c.kubectl("create", "secret", "tls", "serve", "--cert="+cert, "--key="+key)
	c.kubectl("create", "secret", "generic", "ca", "--from-file=ca.crt="+cert)
	c.install("wshealthz", "websocket-server", merged(t, serverValues(), `
gateway: {backendProtocol: https}
env: [{name: CERT_FILE, value: /tls/tls.crt}, {name: KEY_FILE, value: /tls/tls.key}]
volumeMounts: [{name: tls, mountPath: /tls}]
extraVolumes: [{name: tls, secret: {secretName: serve}}]
wshealthz: {enabled: true, serve: {secret: serve}, tls: {caSecret: ca}, probe: {enabled: true}}`))
	pod := c.rollout("wshealthz-websocket-server", demo)
	probe := c.live()
	if probe.protocol != "Https" {
		t.Fatalf("AGIC makes %+v", probe)
	}
	if heard := c.asks(probe, "healthy", pod.Status.PodIP); !strings.Contains(heard, "200 ok") {
		t.Errorf("the gateway hears %s", heard)
	}
}
