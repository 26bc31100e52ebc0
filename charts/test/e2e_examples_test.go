//go:build e2e

package charts

import (
	"fmt"
	"testing"

	"sigs.k8s.io/yaml"
)

// TestClusterExamples runs each example that needs no gateway as its README says, with the images under test.
func TestClusterExamples(t *testing.T) {
	c := newCluster(t)
	c.kubectl("label", "namespace", c.namespace, "--overwrite", "pod-security.kubernetes.io/enforce=baseline")
	c.injector()
	try := func(name, deployment, selector string, apply func()) {
		t.Log(name)
		apply()
		pod := c.rollout(deployment, selector)
		c.probe(healthy, "healthy", pod.Status.PodIP)
		if pod.Spec.Containers[0].Image != e2eImage {
			t.Errorf("%s runs %s, want %s", name, pod.Spec.Containers[0].Image, e2eImage)
		}
	}
	documents := func(objects []object) (text string) {
		for _, o := range objects {
			document, err := yaml.Marshal(o.value)
			if err != nil {
				t.Fatal(err)
			}
			text += "---\n" + string(document)
		}
		return text
	}
	try("aks-agic", "websocket-server", "app=ws-app", func() {
		c.apply(documents(manifest(t, "aks-agic/before.yaml")))
		c.rollout("websocket-server", "app=ws-app")
		c.apply(documents(manifest(t, "aks-agic/step-1.yaml")))
		c.rollout("websocket-server", "app=ws-app")
		c.apply(documents(manifest(t, "aks-agic/step-2.yaml")))
	})
	c.kubectl("delete", "deployment", "websocket-server")
	try("kubelet-only", "websocket-server", "app=ws-app", func() { c.apply(documents(manifest(t, "kubelet-only/manifest.yaml"))) })
	c.kubectl("delete", "deployment", "websocket-server")
	try("kustomize", "websocket-server", "app=ws-app", func() { c.apply(kustomized(t, "kustomize")) })
	c.kubectl("delete", "deployment", "websocket-server")
	try("injector", "websocket-server", "app=ws-app", func() { c.apply(documents(manifest(t, "injector/app.yaml"))) })
	repository, tag := split(image)
	try("helm-own-chart", "chat", "app=chat", func() {
		c.install("chat", "../examples/helm-own-chart", fmt.Sprintf("image: %q\nwshealthz: {image: {repository: %q, tag: %q}}", e2eImage, repository, tag))
	})
}
