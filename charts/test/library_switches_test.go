package charts

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// places are where a user writes values. Each renders over, which is a block wshealthz, on top of minimal.
var places = map[string]func(t *testing.T, h helm, over string) []object{
	"a chart's own values.yaml": func(t *testing.T, h helm, over string) []object {
		files := podFiles()
		files["values.yaml"] = merged(t, minimal, over)
		return mustRender(t, h, tempChart(t, files), options{})
	},
	"an umbrella's values.yaml": func(t *testing.T, h helm, over string) []object {
		web := "web:\n  " + strings.ReplaceAll(merged(t, minimal, over), "\n", "\n  ")
		return mustRender(t, h, umbrella(t, web, "{name: websocket-server, alias: web}"), options{})
	},
	"-f": func(t *testing.T, h helm, over string) []object {
		return mustRender(t, h, pod(t), options{values: merged(t, minimal, over)})
	},
	"--set": func(t *testing.T, h helm, over string) []object {
		var values map[string]any
		if err := yaml.Unmarshal([]byte(over), &values); err != nil {
			t.Fatal(err)
		}
		return mustRender(t, h, pod(t), options{values: minimal, set: pairs("", values)})
	},
}

// pairs returns KEY=VALUE for each value in a map of maps.
func pairs(prefix string, values map[string]any) (found []string) {
	for key, value := range values {
		switch value := value.(type) {
		case map[string]any:
			found = append(found, pairs(prefix+key+".", value)...)
		case nil:
			found = append(found, prefix+key+"=null")
		case float64:
			found = append(found, fmt.Sprintf("%s%s=%.0f", prefix, key, value))
		default:
			found = append(found, fmt.Sprintf("%s%s=%v", prefix, key, value))
		}
	}
	return found
}

// umbrella returns a chart with the values of values.yaml, and dependencies, each a YAML map with name, and alias or
// condition.
func umbrella(t *testing.T, values string, dependencies ...string) string {
	t.Helper()
	text := "apiVersion: v2\nname: umbrella\nversion: 0.1.0\ndependencies:\n"
	for _, d := range dependencies {
		name, _, _ := strings.Cut(strings.TrimPrefix(d, "{name: "), ",")
		text += "  - " + strings.TrimSuffix(d, "}") + ", version: 0.1.0, repository: 'file://../" + strings.TrimSuffix(name, "}") + "'}\n"
	}
	return tempChart(t, map[string]string{"Chart.yaml": text, "values.yaml": values})
}

// inEachPlace runs a test for each place and each version of Helm, with the sidecar that over makes.
func inEachPlace(t *testing.T, over string, test func(t *testing.T, h helm, place string, sidecar corev1.Container)) {
	t.Helper()
	for place, objects := range places {
		eachHelm(t, func(t *testing.T, h helm) { test(t, h, place, sidecarOf(t, objects(t, h, over))) })
	}
}

// TestSwitches checks that what a cluster does not allow can be left out, wherever the values are written.
func TestSwitches(t *testing.T) {
	for over, ok := range map[string]func(s *corev1.SecurityContext, r corev1.ResourceRequirements) bool{
		"openshift: true, resources: {enabled: false}": func(s *corev1.SecurityContext, r corev1.ResourceRequirements) bool {
			return s.RunAsUser == nil && s.RunAsGroup == nil && *s.RunAsNonRoot && !*s.AllowPrivilegeEscalation && len(s.Capabilities.Drop) == 1 &&
				s.SeccompProfile != nil && r.Limits == nil && r.Requests == nil
		},
		"securityContext: {runAsUser: '', runAsGroup: ''}, resources: {limits: {memory: ''}, requests: {cpu: ''}}": func(s *corev1.SecurityContext, r corev1.ResourceRequirements) bool {
			return s.RunAsUser == nil && s.RunAsGroup == nil && *s.RunAsNonRoot && r.Limits == nil && len(r.Requests) == 1 && r.Requests.Memory().String() == "16Mi"
		},
		"securityContext: {runAsUser: 1000660000, runAsGroup: 0, seccompProfile: {type: ''}, readOnlyRootFilesystem: false}": func(s *corev1.SecurityContext, r corev1.ResourceRequirements) bool {
			return *s.RunAsUser == 1000660000 && *s.RunAsGroup == 0 && s.SeccompProfile == nil && !*s.ReadOnlyRootFilesystem && r.Limits.Memory().String() == "64Mi"
		},
		"securityContext: {enabled: false}": func(s *corev1.SecurityContext, r corev1.ResourceRequirements) bool {
			return s == nil && r.Limits.Memory().String() == "64Mi"
		},
	} {
		inEachPlace(t, "wshealthz: {"+over+"}", func(t *testing.T, h helm, place string, sidecar corev1.Container) {
			if !ok(sidecar.SecurityContext, sidecar.Resources) {
				t.Errorf("%s in %s makes\n%s%s", over, place, marshal(t, sidecar.SecurityContext), marshal(t, sidecar.Resources))
			}
		})
	}
}

// TestNulls checks that a null renders wherever it is written, and what it removes: in a chart's own values.yaml it removes
// a default of the library with Helm 3 alone, which is why there are other ways. This fails when Helm changes its mind.
func TestNulls(t *testing.T) {
	const over = "wshealthz: {securityContext: {runAsUser: null}, resources: {limits: {memory: null}}, livenessProbe: null, tls: {caSecret: null}, port: null, image: {tag: null}}"
	inEachPlace(t, over, func(t *testing.T, h helm, place string, sidecar corev1.Container) {
		kept := h.name == "v4" && strings.HasSuffix(place, "values.yaml")
		if removed := sidecar.SecurityContext.RunAsUser == nil; removed == kept {
			t.Errorf("%s: runAsUser removed: %v", place, removed)
		}
		if removed := sidecar.Resources.Limits == nil; removed == kept {
			t.Errorf("%s: limits.memory removed: %v", place, removed)
		}
		if sidecar.Image != "registry.example/wshealthz:0.1.0" || sidecar.LivenessProbe != nil || sidecar.ReadinessProbe.HTTPGet.Port.IntValue() != 10101 {
			t.Errorf("%s: the sidecar is %+v", place, sidecar)
		}
	})
}

// TestZeros checks that 0 and false are values like any other in a block into which Helm merges no defaults.
func TestZeros(t *testing.T) {
	const second = "second: {enabled: true, name: feed, port: 10201, image: {repository: r}, target: 'ws://localhost:8888/', "
	eachHelm(t, func(t *testing.T, h helm) {
		c := podSpec(t, h, minimal+second+"adminPort: 0, maxAge: 0s, drain: {mode: none}, readinessProbe: {initialDelaySeconds: 0, timeoutSeconds: 9}}").InitContainers[1]
		if env := environmentOf(c); env["WSHEALTHZ_ADMIN_LISTEN"] != "" || env["WSHEALTHZ_MAX_AGE"] != "0s" {
			t.Errorf("environment %v, want no admin listener and a maxAge of 0s", env)
		}
		for over, want := range map[string]string{
			"port: 0}":                             "wshealthz.port is 0",
			"readinessProbe: {timeoutSeconds: 0}}": "readinessProbe.timeoutSeconds is 0 seconds",
			"probe: {timeout: 0}}":                 "probe.timeout is 0 seconds",
			"timeout: 0s}":                         "must be above 0",
		} {
			values := merged(t, minimal, strings.Replace(second, "port: 10201, ", "", 1)+over)
			if _, err := render(t, h, pod(t), options{values: values}); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s\ngot  %v\nwant an error with %q", over, err, want)
			}
		}
	})
}
