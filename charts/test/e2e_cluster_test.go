//go:build e2e

package charts

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// The end-to-end tests run in the cluster that KUBECONFIG names, with kubectl from PATH. The cluster must have both images, or
// be able to pull them.
var (
	image    = os.Getenv("IMAGE")     // of wshealthz, REPOSITORY:TAG
	e2eImage = os.Getenv("E2E_IMAGE") // of e2e/Dockerfile
)

const patience = 4 * time.Minute // for anything that a cluster does on a busy machine

// cluster is a namespace with Pod Security "restricted", and in it a pod that plays the gateway.
type cluster struct {
	*testing.T
	helm      helm
	namespace string
}

// newCluster creates a namespace, which is removed when the test ends.
func newCluster(t *testing.T) *cluster {
	t.Helper()
	if image == "" || e2eImage == "" || os.Getenv("KUBECONFIG") == "" {
		t.Fatal("set KUBECONFIG, IMAGE (of wshealthz) and E2E_IMAGE (of charts/test/e2e/Dockerfile), each REPOSITORY:TAG as the cluster knows them")
	}
	name := strings.ToLower(strings.NewReplacer("/", "-", "_", "-").Replace(t.Name()))
	c := &cluster{T: t, helm: helms(t)[0], namespace: fmt.Sprintf("e2e-%s-%d", strings.TrimPrefix(name, "test"), os.Getpid())}
	c.apply(fmt.Sprintf("apiVersion: v1\nkind: Namespace\nmetadata: {name: %s, labels: {pod-security.kubernetes.io/enforce: restricted}}", c.namespace))
	t.Cleanup(func() {
		if t.Failed() {
			out, _ := c.try("", "describe", "pods")
			t.Log(out)
			out, _ = c.try("", "get", "events", "--sort-by=.lastTimestamp")
			t.Log(out)
		}
		c.try("", "delete", "namespace", c.namespace, "--wait=false")
	})
	c.until("the ServiceAccount", patience, func() error { _, err := c.try("", "get", "serviceaccount", "default"); return err })
	c.apply(c.server("gateway", ""))
	c.kubectl("wait", "--for=condition=Ready", "pod/gateway", "--timeout=120s")
	return c
}

// server returns a pod with nothing but the WebSocket server. more is YAML of its metadata.
func (c *cluster) server(name, more string) string {
	return fmt.Sprintf(`apiVersion: v1
kind: Pod
metadata: {name: %s%s}
spec:
  terminationGracePeriodSeconds: 1
  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
  containers:
    - {name: server, image: %q, ports: [{containerPort: 8888}], securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}
`, name, more, e2eImage)
}

// try runs kubectl in the namespace, and returns what it prints.
func (c *cluster) try(stdin string, args ...string) (string, error) {
	cmd := exec.Command("kubectl", append([]string{"--namespace", c.namespace}, args...)...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("kubectl %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return string(out), err
}

func (c *cluster) kubectl(args ...string) string {
	c.Helper()
	out, err := c.try("", args...)
	if err != nil {
		c.Fatal(err)
	}
	return strings.TrimSpace(out)
}

// apply applies YAML, after withImages.
func (c *cluster) apply(text string) string {
	c.Helper()
	out, err := c.try(withImages(text), "apply", "-f", "-")
	if err != nil {
		c.Fatal(err)
	}
	return out
}

// withImages replaces the images in the examples with those under test.
func withImages(text string) string {
	return strings.NewReplacer("registry.example/wshealthz:0.1.0", image, "your-container-repo.azurecr.io/websockets-app:1.0.0", e2eImage,
		"registry.example/chat:1.0.0", e2eImage).Replace(text)
}

// install runs "helm upgrade --install", and does not wait for the rollout.
func (c *cluster) install(release, chart, values string, args ...string) {
	c.Helper()
	file := filepath.Join(c.TempDir(), "values.yaml")
	if err := os.WriteFile(file, []byte(values), 0o666); err != nil {
		c.Fatal(err)
	}
	all := append([]string{"upgrade", "--install", release, c.helm.place(c.T, chart), "--namespace", c.namespace, "--values", file}, args...)
	cmd := exec.Command(c.helm.path, all...)
	if out, err := cmd.CombinedOutput(); err != nil {
		c.Fatalf("helm %s: %v\n%s", strings.Join(all, " "), err, out)
	}
}

// until calls is until it returns nil, and fails the test after a time. It returns how long that took.
func (c *cluster) until(what string, within time.Duration, is func() error) time.Duration {
	c.Helper()
	start, err := time.Now(), errors.New("not tried")
	for time.Since(start) < within {
		if err = is(); err == nil {
			return time.Since(start)
		}
		time.Sleep(200 * time.Millisecond) // between attempts
	}
	c.Fatalf("%s: not within %s: %v", what, within, err)
	return 0
}

// pods returns the pods of a label selector that are not being deleted.
func (c *cluster) pods(selector string) (pods []corev1.Pod) {
	c.Helper()
	var list corev1.PodList
	if err := json.Unmarshal([]byte(c.kubectl("get", "pods", "--selector", selector, "--output=json")), &list); err != nil {
		c.Fatal(err)
	}
	for _, pod := range list.Items {
		if pod.DeletionTimestamp == nil {
			pods = append(pods, pod)
		}
	}
	return pods
}

// rollout waits for the rollout of a Deployment, and returns one of its pods.
func (c *cluster) rollout(deployment, selector string) corev1.Pod {
	c.Helper()
	c.kubectl("rollout", "status", "deployment/"+deployment, "--timeout=240s")
	var pods []corev1.Pod
	c.until("one pod of "+deployment, patience, func() error {
		if pods = c.pods(selector); len(pods) == 0 {
			return errors.New("none")
		}
		return nil
	})
	return pods[0]
}

// ready reports whether a pod is Ready.
func (c *cluster) ready(pod string) bool {
	c.Helper()
	return c.kubectl("get", "pod", pod, "--output=jsonpath={.status.conditions[?(@.type=='Ready')].status}") == "True"
}

// probe has the gateway probe an address until it considers it healthy or unhealthy, as want says, and returns the answers.
func (c *cluster) probe(p agicProbe, want, address string) string {
	c.Helper()
	out, err := c.tryProbe(p, want, address)
	if err != nil {
		c.Fatal(err)
	}
	return out
}

// tryProbe is probe for another goroutine than the test's.
func (c *cluster) tryProbe(p agicProbe, want, address string) (answers string, err error) {
	return c.try("", "exec", "gateway", "--", "/e2e", "gateway", "-scheme", strings.ToLower(p.protocol), "-host", p.host, "-port", fmt.Sprint(p.port),
		"-path", p.path, "-codes", cmp.Or(p.codes, "200-399"), "-interval", "1s", "-timeout", fmt.Sprintf("%ds", p.timeout),
		"-threshold", fmt.Sprint(p.bad), "-within", "90s", want, address)
}

// healthy is the probe for a sidecar with default values.
var healthy = agicProbe{protocol: "Http", host: "ws.contoso.com", path: "/health", codes: "200", port: 10101, timeout: 5, bad: 2}
