//go:build e2e

package charts

import (
	"errors"
	"strings"
	"testing"
)

// TestClusterPlain runs the sidecar as a plain container, first with a target on which nobody listens.
func TestClusterPlain(t *testing.T) {
	c := newCluster(t)
	c.install("wshealthz", "websocket-server", merged(t, serverValues(), "wshealthz: {enabled: true, kind: plain, target: 'ws://localhost:8889/'}"))
	c.until("a running sidecar that is not ready", patience, func() error {
		for _, pod := range c.pods(demo) {
			for _, status := range pod.Status.ContainerStatuses {
				if status.Name == "wshealthz" && status.State.Running != nil && !status.Ready {
					return nil
				}
			}
		}
		return errors.New("none")
	})
	if answers := c.probe(healthy, "unhealthy", c.address(demo)); !strings.Contains(answers, "503 dial: refused") {
		t.Errorf("the gateway gets %s, want 503 refused", answers)
	}
	c.probe(healthy, "healthy", c.upgrade("wshealthz: {enabled: true, kind: plain}").Status.PodIP)
}

// address waits until the pod of a selector has an address, and returns it.
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

// TestClusterHTTPS checks that server, sidecar and gateway speak TLS, with certificates from Secrets.
func TestClusterHTTPS(t *testing.T) {
	c := newCluster(t)
	cert, key := certificate(t, "ws.contoso.com")
	c.kubectl("create", "secret", "tls", "serve", "--cert="+cert, "--key="+key)
	c.kubectl("create", "secret", "generic", "ca", "--from-file=ca.crt="+cert)
	pod := c.upgrade(`gateway: {backendProtocol: https}
env: [{name: CERT_FILE, value: /tls/tls.crt}, {name: KEY_FILE, value: /tls/tls.key}]
volumeMounts: [{name: tls, mountPath: /tls}]
extraVolumes: [{name: tls, secret: {secretName: serve}}]
wshealthz: {enabled: true, serve: {secret: serve}, tls: {caSecret: ca}, probe: {enabled: true}}`)
	probe := c.live()
	if probe.protocol != "Https" {
		t.Fatalf("AGIC makes %+v, want Https", probe)
	}
	if answers := c.probe(probe, "healthy", pod.Status.PodIP); !strings.Contains(answers, "200 ok") {
		t.Errorf("the gateway gets %s, want 200 ok", answers)
	}
}

// TestClusterStatefulSet runs the server as a StatefulSet without fixed user ids, certificates from a ConfigMap and a projected
// volume, and a Service with another port. Its pods drain as those of a Deployment do.
func TestClusterStatefulSet(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	cert, key := certificate(t, "ws.contoso.com")
	c.kubectl("create", "secret", "tls", "serve", "--cert="+cert, "--key="+key)
	c.kubectl("create", "configmap", "ca", "--from-file=authority.pem="+cert)
	c.install("wshealthz", "websocket-server", merged(t, serverValues(), `kind: StatefulSet
replicaCount: 2
terminationGracePeriodSeconds: null
gateway: {backendProtocol: https}
service: {appProtocol: kubernetes.io/ws, extraPorts: [{name: more, port: 9000, targetPort: 8888}]}
env: [{name: CERT_FILE, value: /tls/tls.crt}, {name: KEY_FILE, value: /tls/tls.key}]
volumeMounts: [{name: tls, mountPath: /tls}]
extraVolumes: [{name: tls, secret: {secretName: serve}}]
wshealthz:
  enabled: true
  openshift: true
  drain: {mode: informed}
  serve: {volume: {projected: {sources: [{secret: {name: serve}}]}}}
  tls: {caVolume: {configMap: {name: ca}}, caFile: authority.pem}
  probe: {enabled: true}`))
	c.kubectl("rollout", "status", "statefulset/"+demoDeployment, "--timeout=240s")
	probe := healthy
	probe.protocol = "Https"
	pods := c.pods(demo)
	if len(pods) != 2 {
		t.Fatalf("%d pods, want 2", len(pods))
	}
	for _, pod := range pods {
		c.probe(probe, "healthy", pod.Status.PodIP)
		if id := pod.Spec.InitContainers[0].SecurityContext.RunAsUser; id != nil {
			t.Errorf("%s runs the sidecar as user %d, want the image's", pod.Name, *id)
		}
	}
	log := c.follow(pods[0].Name)
	c.kubectl("delete", "pod", pods[0].Name, "--timeout=120s")
	if outcome := drainOutcome(log()); !strings.Contains(outcome, "ask") { // not any more
		t.Errorf("the deleted pod drained with %q, want that no gateway asks", outcome)
	}
	if events := c.kubectl("get", "events", "--field-selector=reason=FailedPreStopHook", "--output=name"); events != "" {
		t.Errorf("a hook over HTTPS failed: %s", events)
	}
	if out := c.kubectl("get", "service", demoDeployment, "--output=jsonpath={.spec.ports[*].port} {.spec.ports[0].appProtocol}"); out != "80 9000 kubernetes.io/ws" {
		t.Errorf("the Service has %q, want both ports and the protocol", out)
	}
}
