package charts

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// manifest decodes files of the examples.
func manifest(t *testing.T, paths ...string) (objects []object) {
	t.Helper()
	for _, path := range paths {
		text, err := os.ReadFile(filepath.Join("../../examples", path))
		if err != nil {
			t.Fatal(err)
		}
		objects = append(objects, decodeStrict(t, string(text))...)
	}
	return objects
}

// kustomized returns what "kubectl kustomize" makes of a directory of the examples.
func kustomized(t *testing.T, dir string) string {
	t.Helper()
	text, err := buildKustomization(filepath.Join("../../examples", dir))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// buildKustomization returns what Kustomize makes of a directory.
func buildKustomization(dir string) (string, error) {
	made, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), dir)
	if err != nil {
		return "", err
	}
	text, err := made.AsYaml()
	return string(text), err
}

// TestKustomizeDrain checks the hooks that the component adds to a base, and that it refuses to replace any.
func TestKustomizeDrain(t *testing.T) {
	for _, c := range []struct{ old, new, want, refusal string }{
		{"", "", "sleep 20, /wshealthz drain, grace 50", ""},
		{"labels: {app: ws-app}\nspec:", "labels: {wshealthz/drain: none}\nspec:", "", ""},
		{"    spec:\n", "    spec:\n      terminationGracePeriodSeconds: 90\n", "", "/spec/template/spec/terminationGracePeriodSeconds"},
		{"          ports:", "          lifecycle: {preStop: {sleep: {seconds: 3}}}\n          ports:", "", "/spec/template/spec/containers/0/lifecycle"},
	} {
		dir := t.TempDir()
		if err := copyTree(dir, "../../examples/kustomize"); err != nil {
			t.Fatal(err)
		}
		base := read(t, "../../examples/kustomize/app/app.yaml")
		if !strings.Contains(base, c.old) {
			t.Fatalf("%q is not in app.yaml", c.old)
		}
		if err := os.WriteFile(filepath.Join(dir, "app", "app.yaml"), []byte(strings.Replace(base, c.old, c.new, 1)), 0o666); err != nil {
			t.Fatal(err)
		}
		text, err := buildKustomization(dir)
		switch {
		case c.refusal != "" && (err == nil || !strings.Contains(err.Error(), c.refusal)):
			t.Errorf("%q: got %v, want an error with %s", c.new, err, c.refusal)
		case c.refusal == "" && err != nil:
			t.Errorf("%q: %v", c.new, err)
		case c.refusal == "":
			if got := drained(t, one[*appsv1.Deployment](t, decodeStrict(t, text)).Spec.Template.Spec); got != c.want {
				t.Errorf("%q\ngot  %s\nwant %s", c.new, got, c.want)
			}
		}
	}
}

// TestExamples checks that each manifest decodes strictly and keeps the invariants, and that all have the sidecar that the
// library chart renders, except for variables that a manifest leaves at the program's defaults.
func TestExamples(t *testing.T) {
	chart := podSpec(t, helms(t)[0], strings.Replace(minimal, "8888/ws", "8888/", 1)).InitContainers[0]
	for name, objects := range map[string][]object{
		"the README":     readme(t),
		"aks-agic":       manifest(t, "aks-agic/step-1.yaml"),
		"kubelet-only":   manifest(t, "kubelet-only/manifest.yaml"),
		"aks-agc":        manifest(t, "aks-agc/manifest.yaml"),
		"gke-gateway":    manifest(t, "gke-gateway/manifest.yaml"),
		"aws-alb":        manifest(t, "aws-alb/manifest.yaml"),
		"flux":           postRendered(t, "flux/step-1.yaml", thirdPartyChart(t, "")),
		"argo-cd":        decodeStrict(t, kustomized(t, "argo-cd/web")),
		"kustomize":      decodeStrict(t, kustomized(t, "kustomize")),
		"helm-own-chart": mustRender(t, helms(t)[0], "../examples/helm-own-chart", options{values: "wshealthz: {target: 'ws://localhost:8888/'}"}),
	} {
		t.Run(name, func(t *testing.T) {
			invariants(t, objects)
			got := sidecarOf(t, objects)
			env := environmentOf(got)
			for key, value := range env {
				if want := environmentOf(chart)[key]; value != want {
					t.Errorf("%s is %q, in the chart %q", key, value, want)
				}
			}
			if env["WSHEALTHZ_TARGET"] == "" || env["WSHEALTHZ_LISTEN"] == "" || env["GOMEMLIMIT"] == "" {
				t.Errorf("the environment is %v, want TARGET, LISTEN and GOMEMLIMIT at least", env)
			}
			want := *chart.DeepCopy()
			for _, c := range []*corev1.Container{&got, &want} {
				c.Env, c.ImagePullPolicy = nil, ""
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("the sidecar is %+v\nin the chart  %+v", got, want)
			}
		})
	}
}

// readme returns the pod spec in the README, as a Deployment.
func readme(t *testing.T) []object {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, spec, _ := strings.Cut(string(text), "# Deployment, spec.template.spec\n")
	spec, _, found := strings.Cut(spec, "---\n")
	if !found {
		t.Fatal("the README has no pod spec that ends with ---")
	}
	spec = strings.Replace(spec, "{name: server,", "{name: server, image: a,", 1)
	return decodeStrict(t, `apiVersion: apps/v1
kind: Deployment
metadata: {name: readme}
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec:
      `+strings.ReplaceAll(spec, "\n", "\n      "))
}

// TestDocumentation checks what AGIC makes of the example of Application Gateway's documentation, step by step.
func TestDocumentation(t *testing.T) {
	before := manifest(t, "aks-agic/before.yaml")
	invariants(t, before)
	if got, want := agicProbeOf(t, before), (agicProbe{protocol: "Http", host: "ws.contoso.com", path: "/", port: 8888, interval: 30, timeout: 30, bad: 3}); got != want {
		t.Errorf("before: AGIC makes %+v, want %+v", got, want)
	}
	after := append(manifest(t, "aks-agic/step-1.yaml", "aks-agic/step-2.yaml"), objectsOf[*corev1.Service](before)...)
	if got, want := agicProbeOf(t, after), (agicProbe{protocol: "Http", host: "ws.contoso.com", path: "/health", codes: "200", port: 10101, interval: 5, timeout: 5, bad: 2}); got != want {
		t.Errorf("after: AGIC makes %+v, want %+v", got, want)
	}
	invariants(t, after)
	agreesWithGateway(t, after)
	server := func(objects []object) corev1.Container {
		c := one[*appsv1.Deployment](t, objects).Spec.Template.Spec.Containers[0]
		c.Lifecycle = nil
		return c
	}
	if !reflect.DeepEqual(server(before), server(after)) {
		t.Error("step one changes more of the server's own container than its lifecycle")
	}
}

// TestOwnChart checks what AGIC makes of a chart with the library's four lines, at both steps.
func TestOwnChart(t *testing.T) {
	for over, want := range map[string]agicProbe{
		"{}":                                  {protocol: "Http", host: "ws.contoso.com", path: "/", port: 8888, interval: 30, timeout: 30, bad: 3},
		"wshealthz: {probe: {enabled: true}}": {protocol: "Http", host: "ws.contoso.com", path: "/health", codes: "200", port: 10101, interval: 5, timeout: 5, bad: 2},
	} {
		objects := mustRender(t, helms(t)[0], "../examples/helm-own-chart", options{values: over})
		if got := agicProbeOf(t, objects); got != want {
			t.Errorf("%s: AGIC makes %+v, want %+v", over, got, want)
		}
	}
}

// objectsOf returns the objects whose value is a T.
func objectsOf[T any](objects []object) (of []object) {
	for _, o := range objects {
		if _, is := o.value.(T); is {
			of = append(of, o)
		}
	}
	return of
}

// TestExampleReadmes checks that every example has a README, which fits on a screen.
func TestExampleReadmes(t *testing.T) {
	folders, err := os.ReadDir("../../examples")
	if err != nil || len(folders) < 10 {
		t.Fatalf("%d examples (%v)", len(folders), err)
	}
	for _, entry := range folders {
		folder := filepath.Join("../../examples", entry.Name())
		if slices.Contains([]string{"demo", "servers", "internal"}, entry.Name()) {
			continue // a program, a list of servers, code for tests
		}
		text, err := os.ReadFile(filepath.Join(folder, "README.md"))
		if err != nil {
			t.Error(err)
		}
		if lines := strings.Count(string(text), "\n"); lines > 60 {
			t.Errorf("%s/README.md has %d lines, want at most 60", folder, lines)
		}
	}
}
