package charts

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

// component builds a base with the overlay of the example, but without its component labels, so that only the base has labels.
func component(t *testing.T, base string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	if err := copyTree(dir, "../../examples/kustomize"); err != nil {
		t.Fatal(err)
	}
	overlay := strings.Replace(read(t, "../../examples/kustomize/kustomization.yaml"), "components: [labels, wshealthz]", "components: [wshealthz]", 1)
	for name, text := range map[string]string{"app/app.yaml": base, "kustomization.yaml": overlay} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return buildKustomization(dir)
}

// workloadOf returns a workload named server with these labels. Its pod has two init containers, the lines in pod, and one
// container with the lines in container.
func workloadOf(kind, labels, pod, container string) string {
	apiVersion, more := "apps/v1", ""
	switch kind {
	case "Rollout":
		apiVersion, more = "argoproj.io/v1alpha1", "  strategy: {canary: {}}\n"
	case "StatefulSet":
		more = "  serviceName: server\n"
	}
	return "apiVersion: " + apiVersion + "\nkind: " + kind + "\nmetadata: {name: server, labels: {" + labels + "}}\nspec:\n" + more +
		"  selector: {matchLabels: {app: a}}\n  template:\n    metadata: {labels: {app: a}}\n    spec:\n" + pod +
		"      initContainers: [{name: migrate, image: m}, {name: proxy, image: p, restartPolicy: Always}]\n" +
		"      containers:\n        - name: server\n          image: s\n" + container
}

// templateOf returns the pod template of a workload.
func templateOf(t *testing.T, o object) corev1.PodTemplateSpec {
	t.Helper()
	switch w := o.value.(type) {
	case *appsv1.Deployment:
		return w.Spec.Template
	case *appsv1.StatefulSet:
		return w.Spec.Template
	case *appsv1.DaemonSet:
		return w.Spec.Template
	case *argoRollout:
		return w.Spec.Template
	}
	t.Fatalf("%s is no workload", o)
	return corev1.PodTemplateSpec{}
}

// initNames returns the names of a pod's init containers, in order.
func initNames(spec corev1.PodSpec) (names []string) {
	for _, c := range spec.InitContainers {
		names = append(names, c.Name)
	}
	return names
}

// TestKustomizeKinds checks that each kind of workload with the label gets the sidecar and both hooks and keeps its init
// containers, that the label of another value or on the pod template does nothing, and that nothing else appears.
func TestKustomizeKinds(t *testing.T) {
	const hooks = "sleep 20, /wshealthz drain, grace 50"
	for _, kind := range []string{"Deployment", "StatefulSet", "DaemonSet", "Rollout"} {
		for labels, want := range map[string]string{
			`wshealthz/inject: "true"`:                        hooks,
			`wshealthz/inject: "true", wshealthz/drain: none`: "",
			`wshealthz/inject: "false"`:                       "none",
			`app: a`:                                          "none",
		} {
			base := workloadOf(kind, labels, "", "")
			if want == "none" {
				base = strings.Replace(base, "{labels: {app: a}}", `{labels: {app: a, wshealthz/inject: "true"}}`, 1)
			}
			base += "---\napiVersion: v1\nkind: Service\nmetadata: {name: server, labels: {" + labels + "}}\nspec: {ports: [{port: 80}]}\n"
			text, err := component(t, base)
			if err != nil {
				t.Errorf("%s, %s: %v", kind, labels, err)
				continue
			}
			objects := decodeStrict(t, text)
			invariants(t, objects)
			i := slices.IndexFunc(objects, func(o object) bool { return o.kind == kind })
			if len(objects) != 2 || i < 0 {
				t.Fatalf("%s, %s: got %v, want the workload and the Service", kind, labels, objects)
			}
			spec := templateOf(t, objects[i]).Spec
			names := "migrate proxy wshealthz"
			if want == "none" {
				names = "migrate proxy"
			}
			if got := strings.Join(initNames(spec), " "); got != names {
				t.Errorf("%s, %s: init containers %s, want %s", kind, labels, got, names)
			} else if want == "none" && (spec.Containers[0].Lifecycle != nil || spec.TerminationGracePeriodSeconds != nil) {
				t.Errorf("%s, %s: hooks without a sidecar", kind, labels)
			} else if want != "none" && drained(t, spec) != want {
				t.Errorf("%s, %s: %s, want %s", kind, labels, drained(t, spec), want)
			}
			if sidecars := strings.Count(text, "image: registry.example/wshealthz:0.1.0"); (sidecars == 1) != (want != "none") {
				t.Errorf("%s, %s: %d images", kind, labels, sidecars)
			}
		}
	}
}

// TestKustomizeFirstInitContainer checks that the sidecar does not need another init container to be there.
func TestKustomizeFirstInitContainer(t *testing.T) {
	base := workloadOf("Rollout", `wshealthz/inject: "true"`, "", "")
	start, end := strings.Index(base, "      initContainers:"), strings.Index(base, "      containers:")
	text, err := component(t, base[:start]+base[end:])
	if err != nil {
		t.Fatal(err)
	}
	if got := initNames(one[*argoRollout](t, decodeStrict(t, text)).Spec.Template.Spec); !slices.Equal(got, []string{"wshealthz"}) {
		t.Errorf("init containers %v, want the sidecar", got)
	}
}

// TestKustomizeRefuses checks where the build of a labelled workload fails, which is where a JSON patch can tell, and that the
// command in the README finds the others.
func TestKustomizeRefuses(t *testing.T) {
	readme := read(t, "../../examples/kustomize/README.md")
	command := regexp.MustCompile(`(?m)^kubectl kustomize .* \| grep -nE '(.+)'`).FindStringSubmatch(readme)
	if command == nil {
		t.Fatal("the README has no grep")
	}
	look := regexp.MustCompile(command[1])
	for _, kind := range []string{"Deployment", "Rollout"} {
		for _, c := range []struct {
			pod, container, refusal string
			found                   int // lines, of which the sidecar's own port is one
		}{
			{"", "", "", 1},
			{"      nodeSelector: {kubernetes.io/os: linux}\n", "          ports: [{containerPort: 8888}]\n", "", 1},
			{"      hostNetwork: true\n", "", "/spec/template/spec/hostNetwork", 0},
			{"      os: {name: windows}\n", "", "/spec/template/spec/os", 0},
			{"      nodeSelector: {kubernetes.io/os: windows}\n", "", "", 2},
			{"", "          ports: [{containerPort: 10101}]\n", "", 2},
			{"", "          ports: [{containerPort: 10102}]\n", "", 2},
		} {
			text, err := component(t, workloadOf(kind, `wshealthz/inject: "true"`, c.pod, c.container))
			switch {
			case c.refusal != "" && (err == nil || !strings.Contains(err.Error(), c.refusal)):
				t.Errorf("%s%s: got %v, want an error with %s", c.pod, c.container, err, c.refusal)
			case c.refusal == "" && err != nil:
				t.Errorf("%s%s: %v", c.pod, c.container, err)
			case c.refusal == "":
				if found := look.FindAllString(text, -1); len(found) != c.found {
					t.Errorf("%s%s: the README's grep finds %q, want %d lines", c.pod, c.container, found, c.found)
				}
			}
			// Without the label all of them are left alone.
			without, err := component(t, workloadOf(kind, "app: a", c.pod, c.container))
			if err != nil || strings.Contains(without, "wshealthz") {
				t.Errorf("%s%s: without the label got\n%s\n%v", c.pod, c.container, without, err)
			}
		}
	}
}
