//go:build e2e

package charts

import (
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// A drainPod is a pod with the server and a sidecar, and the hooks of mode informed, written by hand. Its grace period is longer
// than patience: a pod that is gone within patience did not have to be killed.
type drainPod struct {
	name, kind            string            // native or plain
	env                   map[string]string // more variables of the sidecar
	sidecar, server, spec string            // YAML on top of the containers and of the pod's spec
}

// yaml returns the pod as YAML.
func (p drainPod) yaml(t *testing.T) string {
	t.Helper()
	container := func(name, image, hook, over string) (fields map[string]any) {
		base := fmt.Sprintf("{name: %s, image: %q, lifecycle: {preStop: %s}, securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}", name, image, hook)
		if err := yaml.Unmarshal([]byte(merged(t, base, over)), &fields); err != nil {
			t.Fatal(err)
		}
		return fields
	}
	server := container("server", e2eImage, "{httpGet: {path: /drain, port: 10101}}", p.server)
	hook := "{exec: {command: [/wshealthz, drain]}}"
	if p.kind == "plain" {
		hook = "{exec: {command: [/wshealthz, drain, -wait]}}"
	}
	sidecar := container("wshealthz", image, hook, p.sidecar)
	env := []map[string]string{{"name": "WSHEALTHZ_TARGET", "value": "ws://localhost:8888/"}, {"name": "WSHEALTHZ_DRAIN_WAIT", "value": "true"}}
	for name, value := range p.env {
		env = append(env, map[string]string{"name": name, "value": value})
	}
	sidecar["env"] = env
	spec := map[string]any{"containers": []any{server, sidecar}}
	if p.kind == "native" {
		sidecar["restartPolicy"] = "Always"
		spec = map[string]any{"initContainers": []any{sidecar}, "containers": []any{server}}
	}
	text, err := yaml.Marshal(map[string]any{"spec": spec})
	if err != nil {
		t.Fatal(err)
	}
	base := fmt.Sprintf(`apiVersion: v1
kind: Pod
metadata: {name: %s, labels: {app: drained}}
spec: {terminationGracePeriodSeconds: 600, securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}}`, p.name)
	return merged(t, merged(t, base, string(text)), "spec: {"+p.spec+"}")
}

// start creates a pod, waits until it is ready, and returns its address.
func (c *cluster) start(p drainPod) (address string) {
	c.Helper()
	c.apply(p.yaml(c.T))
	c.kubectl("wait", "--for=condition=Ready", "pod/"+p.name, "--timeout=240s")
	return c.kubectl("get", "pod", p.name, "--output=jsonpath={.status.podIP}")
}

// untilGone waits until a pod is gone.
func (c *cluster) untilGone(name string) {
	c.Helper()
	took := c.until("the end of "+name, patience, func() error {
		if out := c.kubectl("get", "pod", name, "--ignore-not-found", "--output=name"); out != "" {
			return errors.New("still there")
		}
		return nil
	})
	c.Logf("%s was gone after %s", name, took.Round(100*time.Millisecond))
}

// untilLogged waits until a container has logged some text.
func (c *cluster) untilLogged(pod, container, text string) {
	c.Helper()
	c.until(text+" in the log of "+pod, patience, func() error {
		log, err := c.try("", "logs", pod, "--container="+container)
		if err == nil && !strings.Contains(log, text) {
			err = errors.New(log)
		}
		return err
	})
}

// follow follows the log of the sidecar, also when the pod is gone. The function that it returns waits for its end.
func (c *cluster) follow(pod string) (log func() string) {
	c.Helper()
	var text strings.Builder
	cmd := exec.CommandContext(c.Context(), "kubectl", "--namespace", c.namespace, "logs", "--follow", pod, "--container=wshealthz")
	cmd.Stdout, cmd.Stderr = &text, &text
	if err := cmd.Start(); err != nil {
		c.Fatal(err)
	}
	return func() string {
		cmd.Wait()
		return text.String()
	}
}

// probeOnce returns the probe for a sidecar with default values, on another path, that takes one failure for an answer.
func probeOnce(path string) agicProbe {
	p := healthy
	p.path, p.timeout, p.bad = path, 40, 1
	return p
}

// TestClusterDrainRestart: a server that its livenessProbe restarts runs its hook too, which nobody tells the sidecar. The hook
// is answered, and the pod serves again by itself.
func TestClusterDrainRestart(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	address := c.start(drainPod{
		name: "restarted", kind: "native",
		server: "livenessProbe: {httpGet: {path: /livez, port: 8888}, periodSeconds: 5, timeoutSeconds: 10, failureThreshold: 1}",
	})
	c.probe(healthy, "healthy", address)
	if answer := c.probe(probeOnce("/drain"), "healthy", address); !strings.Contains(answer, "200 not draining") {
		t.Errorf("a hook without a drain is answered %s, want 200 not draining", answer)
	}
	c.kubectl("exec", "restarted", "--container=server", "--", "/e2e", "signal", "STOP")
	var pod corev1.Pod
	c.until("the restart", patience, func() error {
		if err := json.Unmarshal([]byte(c.kubectl("get", "pod", "restarted", "--output=json")), &pod); err != nil {
			return err
		}
		if status := pod.Status.ContainerStatuses[0]; status.RestartCount == 0 || !status.Ready {
			return fmt.Errorf("%d restarts, ready=%t", status.RestartCount, status.Ready)
		}
		return nil
	})
	c.probe(healthy, "healthy", address)
	if n := pod.Status.InitContainerStatuses[0].RestartCount; n > 0 {
		t.Errorf("the sidecar was restarted %d times too", n)
	}
	if log := c.kubectl("logs", "restarted", "--container=wshealthz"); strings.Contains(log, "draining") {
		t.Errorf("the sidecar has drained: %s", log)
	}
	c.checkHook("restarted", pod.Status.ContainerStatuses[0].LastTerminationState.Terminated)
}

// checkHook checks that the hook of a container that was restarted took its 5 s, and did not fail.
func (c *cluster) checkHook(pod string, last *corev1.ContainerStateTerminated) {
	c.Helper()
	var events corev1.EventList
	if err := json.Unmarshal([]byte(c.kubectl("get", "events", "--field-selector=involvedObject.name="+pod, "--output=json")), &events); err != nil {
		c.Fatal(err)
	}
	var killed time.Time
	for _, event := range events.Items {
		switch event.Reason {
		case "Killing":
			killed = event.FirstTimestamp.Time
		case "FailedPreStopHook":
			c.Errorf("the hook has failed: %s", event.Message)
		}
	}
	// Both times are of the kubelet, in whole seconds.
	if took := last.FinishedAt.Sub(killed); killed.IsZero() || took < 4*time.Second {
		c.Errorf("the server ended %s after the kubelet decided to restart it, want 5 s for the hook", took)
	}
}

// TestClusterDrainCutShort ends the sidecar in the middle of a drain that waits for users: by SIGKILL, by SIGTERM, and by a grace
// period of 10 s, after which the kubelet sends SIGTERM to all. The hooks end with it, and so does the pod.
func TestClusterDrainCutShort(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	for _, kind := range []string{"native", "plain"} {
		for _, by := range []string{"KILL", "TERM", "grace"} {
			t.Run(kind+" "+by, func(t *testing.T) {
				t.Parallel()
				c := &cluster{T: t, helm: c.helm, namespace: c.namespace}
				name := strings.ToLower(kind + "-" + by)
				address := c.start(drainPod{
					name: name, kind: kind, env: map[string]string{"WSHEALTHZ_DRAIN_SESSIONS": "10m"}, spec: "shareProcessNamespace: true",
				})
				users := c.startClients([]balancer{{url: "ws://" + address + ":8888/"}}, "-every=1s", "-stay=4s")
				log := c.follow(name)
				if by == "grace" {
					c.kubectl("delete", "pod", name, "--wait=false", "--grace-period=10")
				} else {
					c.kubectl("delete", "pod", name, "--wait=false")
					c.untilLogged(name, "wshealthz", "waiting for users")
					c.kubectl("exec", name, "--container=server", "--", "/e2e", "signal", by, "/wshealthz")
				}
				c.untilGone(name)
				// After its grace period the server has 2 s, which may be too little on a busy machine.
				if report := users.stop(); by != "grace" && len(report.Cut) > 0 {
					t.Errorf("WebSockets are cut: %+v", report.Cut)
				}
				if outcome := drainOutcome(log()); by != "KILL" && outcome != "not waited for: a signal to stop" {
					t.Errorf("the sidecar's drain ended with %s, want that it was not waited for", outcome)
				}
			})
		}
	}
}

// TestClusterDrainHangingProbe: a drain begins while a probe hangs, because the server is stopped. The gateway that waits for it
// is told at once, and whoever asks later too; once the users have left, the pod ends.
func TestClusterDrainHangingProbe(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	address := c.start(drainPod{name: "hanging", kind: "native", env: map[string]string{
		"WSHEALTHZ_TIMEOUT": "60s", "WSHEALTHZ_DRAIN_SESSIONS": "10m", "WSHEALTHZ_ADMIN_LISTEN": ":10102",
	}})
	c.probe(healthy, "healthy", address)
	users := c.startClients([]balancer{{url: "ws://" + address + ":8888/"}}, "-every=1s", "-stay=4s")
	c.kubectl("exec", "hanging", "--container=server", "--", "/e2e", "signal", "STOP")
	answers := make(chan string, 1)
	go func() {
		answer, err := c.tryProbe(probeOnce("/health"), "unhealthy", address)
		if err != nil {
			answer = err.Error()
		}
		answers <- answer
	}()
	c.until("a probe that hangs", patience, func() error {
		metrics, err := c.try("", "get", "--raw", "/api/v1/namespaces/"+c.namespace+"/pods/hanging:10102/proxy/metrics")
		if err == nil && !strings.Contains(metrics, "\nwshealthz_server_connections 1\n") {
			err = errors.New(metrics)
		}
		return err
	})
	c.kubectl("delete", "pod", "hanging", "--wait=false")
	// The gateway waits less long than the probe hangs, and the users keep the server from being continued and stopped.
	if answer := <-answers; !strings.Contains(answer, "503 draining") {
		t.Errorf("the gateway that waits is answered %s, want 503 draining", answer)
	}
	if answer := c.probe(probeOnce("/health"), "unhealthy", address); !strings.Contains(answer, "503 draining") {
		t.Errorf("in the drain the gateway gets %s, want 503 draining", answer)
	}
	users.stop()
	c.untilGone("hanging")
}

// TestClusterDrainSecret changes the Secret with the headers in the middle of a drain, and together with the deletion of the pod.
func TestClusterDrainSecret(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	secret := func(token string) {
		c.apply(fmt.Sprintf("apiVersion: v1\nkind: Secret\nmetadata: {name: headers}\nstringData: {headers: 'X-Token: %s'}", token))
		// The kubelet looks at a pod's Secrets once in a while, and when the pod has changed.
		c.kubectl("annotate", "pods", "--selector=app=drained", "--overwrite", "token="+token)
	}
	secret("wrong")
	address := c.start(drainPod{
		name: "secret", kind: "native", env: map[string]string{"WSHEALTHZ_HEADERS_FILE": "/headers/headers"},
		server:  "env: [{name: TOKEN, value: right}]",
		sidecar: "volumeMounts: [{name: headers, mountPath: /headers}]",
		spec:    "volumes: [{name: headers, secret: {secretName: headers}}]",
	})
	if answer := c.probe(healthy, "unhealthy", address); !strings.Contains(answer, "503 upgrade: bad_status") {
		t.Errorf("with the wrong token the gateway gets %s, want 503 bad_status", answer)
	}
	drain := func(args ...string) string {
		return c.kubectl(append([]string{"exec", "secret", "--container=wshealthz", "--", "/wshealthz"}, args...)...)
	}
	if out := drain("drain"); out != "draining" {
		t.Errorf("drain prints %q", out)
	}
	secret("right")
	c.until("the new Secret in the pod", patience, func() error {
		_, err := c.try("", "exec", "secret", "--container=wshealthz", "--", "/wshealthz", "check")
		return err
	})
	if answer := c.probe(probeOnce("/health"), "unhealthy", address); !strings.Contains(answer, "503 draining") {
		t.Errorf("in the drain the gateway gets %s, want 503 draining", answer)
	}
	if out := drain("drain", "-off"); out != "not draining" {
		t.Errorf("drain -off prints %q", out)
	}
	if answer := c.probe(probeOnce("/health"), "healthy", address); !strings.Contains(answer, "200 ok") {
		t.Errorf("after the drain, with the right token, the gateway gets %s, want 200 ok", answer)
	}
	log := c.follow("secret")
	secret("wrong")
	c.kubectl("delete", "pod", "secret", "--wait=false")
	c.untilGone("secret")
	if text := log(); !strings.Contains(text, `"drained"`) {
		t.Errorf("the sidecar's log is %s, want that it has drained", text)
	}
}
