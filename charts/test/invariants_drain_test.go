package charts

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// drain checks that the hooks of a pod work together: the server's waits for the sidecar's or for the clock, and the grace
// period leaves time for the server after it.
func (v *violations) drain(spec corev1.PodSpec) {
	grace := int64(30)
	if spec.TerminationGracePeriodSeconds != nil {
		grace = *spec.TerminationGracePeriodSeconds
	}
	for _, c := range spec.Containers {
		if c.Lifecycle == nil || c.Lifecycle.PreStop == nil {
			continue
		}
		hook := c.Lifecycle.PreStop
		if hook.HTTPGet != nil && hook.HTTPGet.Path == "/drain" {
			v.informed(spec, hook.HTTPGet)
		}
		if wait := waitOf(spec, hook); wait >= grace {
			v.add("the hook of %s takes %d s, and the grace period is %d s", c.Name, wait, grace)
		}
	}
}

// waitOf returns how long a server's hook may take, in seconds.
func waitOf(spec corev1.PodSpec, hook *corev1.LifecycleHandler) int64 {
	if hook.Sleep != nil {
		return hook.Sleep.Seconds
	}
	sum := 0.0
	if sidecar, found := drainingSidecar(spec); found && hook.HTTPGet != nil {
		env := environmentOf(sidecar)
		for name, otherwise := range map[string]string{"WSHEALTHZ_DRAIN_TIMEOUT": "20s", "WSHEALTHZ_DRAIN_SESSIONS": "0s"} {
			d, _ := time.ParseDuration(cmp.Or(env[name], otherwise))
			sum += d.Seconds()
		}
	}
	return int64(sum)
}

// drainingSidecar returns the container whose preStop hook is wshealthz drain.
func drainingSidecar(spec corev1.PodSpec) (sidecar corev1.Container, found bool) {
	for _, c := range slices.Concat(spec.InitContainers, spec.Containers) {
		if c.Lifecycle == nil || c.Lifecycle.PreStop == nil || c.Lifecycle.PreStop.Exec == nil {
			continue
		}
		if command := c.Lifecycle.PreStop.Exec.Command; len(command) > 1 && command[0] == "/wshealthz" && command[1] == "drain" {
			return c, true
		}
	}
	return corev1.Container{}, false
}

// informed checks a server's hook that waits for the sidecar. The kubelet sends it to the pod's address, finds no port by the
// name that another container gives it, and ends the server at once when the connection breaks.
func (v *violations) informed(spec corev1.PodSpec, get *corev1.HTTPGetAction) {
	sidecar, found := drainingSidecar(spec)
	if !found {
		v.add("a server waits for a sidecar that nothing tells to drain")
		return
	}
	env := environmentOf(sidecar)
	if get.Port.Type != intstr.Int || ":"+get.Port.String() != env["WSHEALTHZ_LISTEN"] {
		v.add("the server's hook has port %s, want the number in LISTEN, %s", get.Port.String(), env["WSHEALTHZ_LISTEN"])
	}
	v.want(env["WSHEALTHZ_DRAIN_WAIT"] == "true", "a server waits for a sidecar without DRAIN_WAIT")
	v.want((env["WSHEALTHZ_SERVE_CERT_FILE"] != "") == (get.Scheme == corev1.URISchemeHTTPS), "the server's hook has another scheme than the health listener")
	if admin, is := env["WSHEALTHZ_ADMIN_LISTEN"]; is && admin == "" {
		v.add("wshealthz drain without an admin listener")
	}
	plain := slices.ContainsFunc(spec.Containers, func(c corev1.Container) bool { return c.Name == sidecar.Name })
	v.want(!plain || slices.Contains(sidecar.Lifecycle.PreStop.Exec.Command, "-wait"), "a plain sidecar that does not wait ends before the server's hook")
}

// drainOutlasts checks that the servers' hooks take as long as a gateway among the objects needs to notice.
func drainOutlasts(objects []object) (found []error) {
	for _, o := range objects {
		deployment, is := o.value.(*appsv1.Deployment)
		if !is {
			continue
		}
		spec := deployment.Spec.Template.Spec
		sidecar, drains := drainingSidecar(spec)
		if !drains {
			continue
		}
		for _, gateway := range objects {
			needed := noticedAfter(gateway.value)
			for _, c := range spec.Containers {
				if c.Name != sidecar.Name && c.Lifecycle != nil && c.Lifecycle.PreStop != nil && waitOf(spec, c.Lifecycle.PreStop) < needed {
					found = append(found, fmt.Errorf("%s: the hook of %s takes %d s, and %s needs %d s to notice", o, c.Name, waitOf(spec, c.Lifecycle.PreStop), gateway, needed))
				}
			}
		}
	}
	return found
}

// noticedAfter returns the seconds, (1 + threshold) x interval, after which the gateway of an object has noticed a 503; 0 where
// the object says nothing of probes.
func noticedAfter(gateway any) int64 {
	seconds := func(interval, threshold string) int64 {
		i, _ := strconv.ParseInt(strings.TrimSuffix(interval, "s"), 10, 64)
		n, _ := strconv.ParseInt(threshold, 10, 64)
		return (1 + n) * i
	}
	const alb = "alb.ingress.kubernetes.io/"
	switch g := gateway.(type) {
	case *networkingv1.Ingress:
		return max(seconds(g.Annotations[agic+"health-probe-interval"], g.Annotations[agic+"health-probe-unhealthy-threshold"]),
			seconds(g.Annotations[alb+"healthcheck-interval-seconds"], g.Annotations[alb+"unhealthy-threshold-count"]))
	case *albHealthCheckPolicy:
		if d := g.Spec.Default; d.UnhealthyThreshold != nil {
			return seconds(d.Interval, fmt.Sprint(*d.UnhealthyThreshold))
		}
	case *gkeHealthCheckPolicy:
		if d := g.Spec.Default; d.CheckIntervalSec != nil && d.UnhealthyThreshold != nil {
			return seconds(fmt.Sprint(*d.CheckIntervalSec), fmt.Sprint(*d.UnhealthyThreshold))
		}
	}
	return 0
}

// drains is a Deployment whose server waits for its sidecar, and all that shows a gateway's probe.
const drains = `apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  selector: {matchLabels: {app: b}}
  template:
    metadata: {labels: {app: b}}
    spec:
      terminationGracePeriodSeconds: 60
      containers:
        - name: server
          image: i
          lifecycle: {preStop: {httpGet: {path: /drain, port: 10101}}}
        - name: sidecar
          image: i
          env: [{name: WSHEALTHZ_LISTEN, value: ":10101"}, {name: WSHEALTHZ_ADMIN_LISTEN, value: ":10102"}, {name: WSHEALTHZ_DRAIN_WAIT, value: "true"},
            {name: WSHEALTHZ_DRAIN_SESSIONS, value: 30s}]
          lifecycle: {preStop: {exec: {command: [/wshealthz, drain, -wait]}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: a
  annotations: {alb.ingress.kubernetes.io/healthcheck-interval-seconds: "5", alb.ingress.kubernetes.io/unhealthy-threshold-count: "2"}
spec: {rules: [{host: h}]}
---
apiVersion: alb.networking.azure.io/v1
kind: HealthCheckPolicy
metadata: {name: a}
spec: {targetRef: {group: "", kind: Service, name: a}, default: {interval: 10s, unhealthyThreshold: 4}}
---
apiVersion: networking.gke.io/v1
kind: HealthCheckPolicy
metadata: {name: a}
spec:
  targetRef: {group: "", kind: Service, name: a}
  default: {checkIntervalSec: 5, timeoutSec: 5, unhealthyThreshold: 3, config: {type: HTTP, httpHealthCheck: {port: 10101, portSpecification: USE_FIXED_PORT}}}
`

// TestDrainInvariants checks that each fault in drains is found.
func TestDrainInvariants(t *testing.T) {
	invariants(t, decodeStrict(t, drains))
	for _, c := range []struct{ old, new, want string }{
		{"Seconds: 60", "Seconds: 50", "the hook of server takes 50 s, and the grace period is 50 s"},
		{"      terminationGracePeriodSeconds: 60\n", "", "the hook of server takes 50 s, and the grace period is 30 s"},
		{"httpGet: {path: /drain, port: 10101}", "sleep: {seconds: 60}", "the hook of server takes 60 s"},
		{"httpGet: {path: /drain, port: 10101}", "sleep: {seconds: 49}", "takes 49 s, and HealthCheckPolicy/a needs 50 s to notice"},
		{"value: 30s", "value: 29s", "takes 49 s, and HealthCheckPolicy/a needs 50 s to notice"},
		{`threshold-count: "2"`, `threshold-count: "10"`, "takes 50 s, and Ingress/a needs 55 s to notice"},
		{"unhealthyThreshold: 3", "unhealthyThreshold: 10", "and HealthCheckPolicy/a needs 55 s to notice"},
		{"/drain, port: 10101", "/drain, port: 10201", "the server's hook has port 10201, want the number in LISTEN, :10101"},
		{"/drain, port: 10101", "/drain, scheme: HTTPS, port: 10101", "another scheme"},
		{`DRAIN_WAIT, value: "true"`, `DRAIN_WAIT, value: "false"`, "without DRAIN_WAIT"},
		{`value: ":10102"`, `value: ""`, "without an admin listener"},
		{", -wait]", "]", "a plain sidecar that does not wait"},
		{"[/wshealthz, drain, -wait]", "[/wshealthz, check]", "a sidecar that nothing tells to drain"},
	} {
		if !strings.Contains(drains, c.old) {
			t.Fatalf("%q is not in drains", c.old)
		}
		err := check(decodeStrict(t, strings.Replace(drains, c.old, c.new, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Count(err.Error(), "\n") > 1 {
			t.Errorf("%s for %s: got %v, want %s and little else", c.new, c.old, err, c.want)
		}
	}
}
