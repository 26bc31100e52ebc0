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
