package charts

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// safeguards returns what AKS' deployment safeguards and the pod security standard restricted would say of a Deployment and
// its Services, as documented in "Use Deployment Safeguards to enforce best practices in AKS".
func safeguards(t *testing.T, objects []object) (faults []string) {
	t.Helper()
	add := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Sprintf(format, args...))
		}
	}
	d := one[*appsv1.Deployment](t, objects)
	pod := d.Spec.Template
	add(d.Spec.Replicas != nil && *d.Spec.Replicas > 1, "fewer than 2 replicas")
	add(!pod.Spec.HostNetwork, "hostNetwork")
	add(len(pod.Spec.TopologySpreadConstraints) > 0, "no topologySpreadConstraints")
	for _, c := range pod.Spec.TopologySpreadConstraints {
		selector, err := metav1.LabelSelectorAsSelector(c.LabelSelector)
		add(err == nil && selector.Matches(labels.Set(pod.Labels)), "the constraint for %s does not select its own pods", c.TopologyKey)
	}
	for _, c := range append(pod.Spec.InitContainers, pod.Spec.Containers...) {
		add(strings.Contains(c.Image, "@") || strings.Contains(filepath.Base(c.Image), ":") && !strings.HasSuffix(c.Image, ":latest"), "%s: image %s", c.Name, c.Image)
		add(c.ReadinessProbe != nil && c.LivenessProbe != nil, "%s: a probe is missing", c.Name)
		for _, r := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
			request, limit := c.Resources.Requests[r], c.Resources.Limits[r]
			least := map[corev1.ResourceName]string{corev1.ResourceCPU: "100m", corev1.ResourceMemory: "100Mi"}[r]
			add(request.Cmp(resource.MustParse(least)) >= 0 && limit.Cmp(request) >= 0, "%s: %s request %s and limit %s, want at least %s", c.Name, r, &request, &limit, least)
		}
		s := c.SecurityContext
		add(s != nil && s.AllowPrivilegeEscalation != nil && !*s.AllowPrivilegeEscalation && s.Capabilities != nil && len(s.Capabilities.Drop) == 1, "%s: not restricted", c.Name)
		p := pod.Spec.SecurityContext
		add(s != nil && s.RunAsNonRoot != nil && *s.RunAsNonRoot || p != nil && p.RunAsNonRoot != nil && *p.RunAsNonRoot, "%s: may run as root", c.Name)
		add(s != nil && s.SeccompProfile != nil || p != nil && p.SeccompProfile != nil, "%s: no seccompProfile", c.Name)
	}
	selectors := map[string]bool{}
	for _, s := range all[*corev1.Service](objects) {
		add(!selectors[marshal(t, s.Spec.Selector)], "two Services select the same pods")
		selectors[marshal(t, s.Spec.Selector)] = true
	}
	return faults
}

// TestAutomatic checks that the profile for AKS Automatic passes the safeguards at both steps, and that the defaults would
// not.
func TestAutomatic(t *testing.T) {
	file, err := filepath.Abs("../../examples/aks-automatic/values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	eachHelm(t, func(t *testing.T, h helm) {
		for _, step := range []string{"false", "true"} {
			objects := mustRender(t, h, "websocket-server", options{release: "web", args: []string{"--values", file, "--set", "wshealthz.probe.enabled=" + step}})
			if faults := safeguards(t, objects); faults != nil {
				t.Errorf("probe.enabled %s: %q", step, faults)
			}
			if policies := len(all[*albHealthCheckPolicy](objects)); fmt.Sprint(policies == 1) != step {
				t.Errorf("probe.enabled %s: %d HealthCheckPolicies", step, policies)
			}
		}
	})
	if faults := safeguards(t, mustRender(t, helms(t)[0], "websocket-server", options{values: on})); len(faults) < 8 {
		t.Errorf("the defaults have only these faults: %q", faults)
	}
}
