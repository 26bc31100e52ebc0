//go:build e2e

package charts

import (
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// injector installs the injector chart, and waits until its policies are in force.
func (c *cluster) injector() {
	c.Helper()
	repository, tag := split(image)
	c.install("wshealthz-injector", "wshealthz-injector", fmt.Sprintf("wshealthz: {image: {repository: %q, tag: %q}}", repository, tag))
	c.Cleanup(func() {
		exec.Command(c.helm.path, "uninstall", "wshealthz-injector", "--namespace", c.namespace).Run()
	})
	c.until("the injector", patience, func() error {
		if c.created(labelled(c, "{}")).sidecar == nil {
			return errors.New("not injected")
		}
		return nil
	})
}

// labelled returns a pod with the label, and over on top.
func labelled(c *cluster, over string) string {
	return merged(c.T, c.server("labelled", ", labels: {wshealthz/inject: 'true'}"), over)
}

// created returns what the API server would make of a pod, and its warnings.
func (c *cluster) created(pod string) (made struct {
	corev1.Pod
	sidecar  *corev1.Container
	warnings string
}) {
	c.Helper()
	cmd := exec.Command("kubectl", "--namespace", c.namespace, "create", "--dry-run=server", "--output=json", "-f", "-")
	var stderr strings.Builder
	cmd.Stdin, cmd.Stderr = strings.NewReader(pod), &stderr
	out, err := cmd.Output()
	if err != nil {
		c.Fatalf("%v: %s\n%s", err, stderr.String(), pod)
	}
	if err := json.Unmarshal(out, &made.Pod); err != nil {
		c.Fatal(err)
	}
	made.warnings = stderr.String()
	for i, container := range made.Spec.InitContainers {
		if container.Name == "wshealthz" && container.RestartPolicy != nil {
			made.sidecar = &made.Spec.InitContainers[i]
		}
	}
	return made
}

// injected are changes of a labelled pod that gets the sidecar, and a variable that the sidecar must have.
var injected = []struct{ over, name, value string }{
	{"{}", "WSHEALTHZ_TARGET", "ws://localhost:8888/"},
	{"metadata: {annotations: {wshealthz/target: 'ws://localhost:9000/ws?a=$1'}}", "WSHEALTHZ_TARGET", "ws://localhost:9000/ws?a=$$1"},
	{"metadata: {annotations: {wshealthz/check: ping}}", "WSHEALTHZ_CHECK", "ping"},
	{"metadata: {annotations: {wshealthz/port: '10201'}}", "WSHEALTHZ_LISTEN", ":10201"},
	{"metadata: {annotations: {wshealthz/headers-secret: a, wshealthz/timeout: 5s}}", "WSHEALTHZ_HEADERS_FILE", "/etc/wshealthz/headers/headers"},
	{"spec: {initContainers: [{name: first, image: a}]}", "WSHEALTHZ_TARGET", "ws://localhost:8888/"},
	{"spec: {initContainers: []}", "WSHEALTHZ_TARGET", "ws://localhost:8888/"},
	{"spec: {containers: [{name: a, image: a}]}\nmetadata: {annotations: {wshealthz/target: 'ws://localhost:1/'}}", "WSHEALTHZ_TARGET", "ws://localhost:1/"},
}

// leftAlone maps changes of a labelled pod that gets no sidecar to part of the warning; "" for none.
var leftAlone = map[string]string{
	"metadata: {labels: {wshealthz/inject: 'false'}}":                                                          "",
	"spec: {containers: [{name: wshealthz, image: a, ports: [{containerPort: 1}]}]}":                           "",
	"spec: {initContainers: [{name: wshealthz, image: a}]}":                                                    "",
	"spec: {hostNetwork: true}":                                                                                "uses the network of its host",
	"spec: {nodeSelector: {kubernetes.io/os: windows}}":                                                        "it is for Windows",
	"spec: {containers: [{name: a, image: a}]}":                                                                "declares a TCP port",
	"spec: {containers: [{name: a, image: a, ports: [{containerPort: 1}, {containerPort: 2}]}]}":               "its server may listen on 1 or 2",
	"spec: {resources: {requests: {cpu: 1}}}":                                                                  "resources for the whole pod",
	"spec: {initContainers: [{name: mesh, image: a, restartPolicy: Always, ports: [{containerPort: 10101}]}]}": "declares the health port or the admin port",
	"metadata: {annotations: {wshealthz/port: http}}":                                                          "wshealthz/port must be a number",
	"metadata: {annotations: {wshealthz/port: '70000'}}":                                                       "wshealthz/port must be a number",
	"metadata: {annotations: {wshealthz/port: '8888'}}":                                                        "declares the health port or the admin port",
	"metadata: {annotations: {wshealthz/port: '10102'}}":                                                       "wshealthz/port must not be 10102",
	"metadata: {annotations: {wshealthz/orgin: same}}":                                                         "did you mean wshealthz/origin?",
	"metadata: {annotations: {wshealthz/target: 'http://localhost/'}}":                                         "wshealthz/target must be a URL",
	"metadata: {annotations: {wshealthz/drain: informed}}":                                                     "wshealthz/drain must be none or sleep",
}

// TestClusterInjection checks which pods get the sidecar, with which settings, and that there is a warning if one does not.
func TestClusterInjection(t *testing.T) {
	c := newCluster(t)
	// "restricted" would refuse some of the pods that are left alone; TestClusterThirdPartyChart runs under it.
	c.kubectl("label", "namespace", c.namespace, "--overwrite", "pod-security.kubernetes.io/enforce=privileged")
	c.injector()
	for _, in := range injected {
		pod := c.created(labelled(c, in.over))
		if pod.sidecar == nil {
			t.Errorf("%s is not injected: %s", in.over, pod.warnings)
			continue
		}
		env := environmentOf(*pod.sidecar)
		if env[in.name] != in.value || env["WSHEALTHZ_LISTEN"] != fmt.Sprintf(":%d", pod.sidecar.ReadinessProbe.HTTPGet.Port.IntValue()) {
			t.Errorf("%s makes %v, want %s=%s", in.over, env, in.name, in.value)
		}
		if hook := pod.Spec.Containers[0].Lifecycle; hook == nil || hook.PreStop.Sleep == nil || *pod.Spec.TerminationGracePeriodSeconds != 50 {
			t.Errorf("%s makes the hook %+v and the grace period %d, want a sleep and 50", in.over, hook, *pod.Spec.TerminationGracePeriodSeconds)
		}
		if strings.Contains(pod.warnings, "wshealthz") {
			t.Errorf("%s warns %s", in.over, pod.warnings)
		}
		if n := len(pod.Spec.InitContainers); strings.Contains(in.over, "first") && n != 2 {
			t.Errorf("%s has %d init containers, want its own too", in.over, n)
		}
	}
	for over, warning := range leftAlone {
		pod := c.created(labelled(c, over))
		if pod.sidecar != nil {
			t.Errorf("%s is injected", over)
		}
		if warning == "" && strings.Contains(pod.warnings, "not injected") || !strings.Contains(pod.warnings, warning) {
			t.Errorf("%s warns %q, want %q", over, pod.warnings, warning)
		}
	}
	system := *c
	system.namespace = "kube-system"
	if pod := system.created(labelled(c, "{}")); pod.sidecar != nil || !strings.Contains(pod.warnings, "its namespace is excluded") {
		t.Errorf("a pod of kube-system: %v, %s", pod.sidecar, pod.warnings)
	}
}

// TestClusterThirdPartyChart checks the chart that "helm create" writes, which nothing but values changes. Under "restricted" its
// pods are injected and serve with the label, and are not injected without it.
func TestClusterThirdPartyChart(t *testing.T) {
	c := newCluster(t)
	c.injector()
	dir := filepath.Join(t.TempDir(), "web")
	if out, err := c.helm.run("create", dir); err != nil {
		t.Fatal(err, out)
	}
	repository, tag := split(e2eImage)
	values := fmt.Sprintf(`image: {repository: %q, tag: %q}
service: {port: 8888}
livenessProbe: null
readinessProbe: null
podSecurityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
`, repository, tag)
	c.install("web", dir, values)
	if pod := c.rollout("web", "app.kubernetes.io/name=web"); len(pod.Spec.InitContainers) != 0 {
		t.Fatal("a pod without the label is injected")
	}
	c.install("web", dir, merged(t, values, "podLabels: {wshealthz/inject: 'true'}\npodAnnotations: {wshealthz/check: ping}"))
	pod := c.rollout("web", "wshealthz/inject=true")
	if len(pod.Spec.InitContainers) != 1 || environmentOf(pod.Spec.InitContainers[0])["WSHEALTHZ_CHECK"] != "ping" {
		t.Errorf("the pod's init containers are %+v, want one with WSHEALTHZ_CHECK=ping", pod.Spec.InitContainers)
	}
	c.probe(healthy, "healthy", pod.Status.PodIP)
}
