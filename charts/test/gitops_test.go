package charts

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	helmv2 "github.com/fluxcd/helm-controller/api/v2"
	appsv1 "k8s.io/api/apps/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"
)

// thirdPartyChart returns what Helm makes of a chart that knows nothing of wshealthz. The pod has the lines in pod.
func thirdPartyChart(t *testing.T, pod string) string {
	t.Helper()
	text, err := renderText(t, helms(t)[0], tempChart(t, map[string]string{
		"Chart.yaml":                "apiVersion: v2\nname: chat\nversion: 1.0.0\n",
		"templates/deployment.yaml": strings.ReplaceAll(strings.Replace(workloadOf("Deployment", "app: a", pod, ""), "{name: server,", "{name: chat,", 1), "\n\n", "\n"),
		"templates/service.yaml":    "apiVersion: v1\nkind: Service\nmetadata: {name: chat}\nspec: {selector: {app: a}, ports: [{port: 80, targetPort: 8888}]}\n",
		"templates/ingress.yaml": "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: chat}\nspec:\n  ingressClassName: azure-application-gateway\n" +
			"  rules: [{host: ws.contoso.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: chat, port: {number: 80}}}}]}}]\n",
	}), options{})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// postRender does what Flux's helm-controller does with the postRenderers of a HelmRelease: each is a kustomization whose only
// resource is what Helm, or the one before, made.
func postRender(t *testing.T, release, rendered string) (string, error) {
	t.Helper()
	for _, renderer := range one[*helmv2.HelmRelease](t, manifest(t, release)).Spec.PostRenderers {
		kustomization, err := yaml.Marshal(map[string]any{
			"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": []string{"helm-output.yaml"},
			"patches": renderer.Kustomize.Patches, "images": renderer.Kustomize.Images,
		})
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		for name, text := range map[string]string{"kustomization.yaml": string(kustomization), "helm-output.yaml": rendered} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		if rendered, err = buildKustomization(dir); err != nil {
			return "", err
		}
	}
	return rendered, nil
}

// postRendered returns the objects of a release.
func postRendered(t *testing.T, release, rendered string) []object {
	t.Helper()
	text, err := postRender(t, release, rendered)
	if err != nil {
		t.Fatal(err)
	}
	return decodeStrict(t, text)
}

// inStep is what AGIC makes of the examples' Ingress at each step.
var inStep = map[int]agicProbe{
	1: {protocol: "Http", host: "ws.contoso.com", path: "/", port: 8888, interval: 30, timeout: 30, bad: 3},
	2: {protocol: "Http", host: "ws.contoso.com", path: "/health", codes: "200", port: 10101, interval: 5, timeout: 5, bad: 2},
}

// TestFlux checks both steps on a third party's chart, and that they differ in nothing but the Ingress.
func TestFlux(t *testing.T) {
	step := map[int][]object{}
	for n, release := range map[int]string{1: "flux/step-1.yaml", 2: "flux/step-2.yaml"} {
		invariants(t, manifest(t, release))
		step[n] = postRendered(t, release, thirdPartyChart(t, ""))
		invariants(t, step[n])
		if got := agicProbeOf(t, step[n]); got != inStep[n] {
			t.Errorf("%s: AGIC makes %+v, want %+v", release, got, inStep[n])
		}
		spec := one[*appsv1.Deployment](t, step[n]).Spec.Template.Spec
		if got := strings.Join(initNames(spec), " "); !strings.Contains(got, "migrate") || !strings.Contains(got, "proxy") || len(spec.InitContainers) != 3 {
			t.Errorf("%s: init containers %s, want the chart's own two and the sidecar", release, got)
		}
		if got, want := drained(t, spec), "sleep 20, /wshealthz drain, grace 50"; got != want {
			t.Errorf("%s: %s, want %s", release, got, want)
		}
	}
	if a, b := one[*appsv1.Deployment](t, step[1]), one[*appsv1.Deployment](t, step[2]); !reflect.DeepEqual(a, b) {
		t.Error("step two changes the Deployment too")
	}
}

// TestFluxRefuses checks that a release fails rather than replace what a chart has, or run where the sidecar cannot.
func TestFluxRefuses(t *testing.T) {
	for pod, path := range map[string]string{
		"      hostNetwork: true\n":                  "/spec/template/spec/hostNetwork",
		"      os: {name: windows}\n":                "/spec/template/spec/os",
		"      terminationGracePeriodSeconds: 600\n": "/spec/template/spec/terminationGracePeriodSeconds",
	} {
		if _, err := postRender(t, "flux/step-1.yaml", thirdPartyChart(t, pod)); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v, want an error with %s", pod, err, path)
		}
	}
}

// TestArgoCD checks that one build holds both steps, the workload in the default wave and the Ingress in a later one, and that
// the Application leads to it.
func TestArgoCD(t *testing.T) {
	application := manifest(t, "argo-cd/application.yaml")
	invariants(t, application)
	path := one[*argoApplication](t, application).Spec.Source.Path
	objects := decodeStrict(t, kustomized(t, filepath.Join("..", path)))
	invariants(t, objects)
	if got := agicProbeOf(t, objects); got != inStep[2] {
		t.Errorf("AGIC makes %+v, want %+v", got, inStep[2])
	}
	const wave = "argocd.argoproj.io/sync-wave"
	if got := one[*networkingv1.Ingress](t, objects).Annotations[wave]; got != "1" {
		t.Errorf("the Ingress is in wave %q, want 1", got)
	}
	deployment := one[*appsv1.Deployment](t, objects)
	if got, is := deployment.Annotations[wave]; is {
		t.Errorf("the Deployment is in wave %q, want none, which is 0", got)
	}
	if got, want := drained(t, deployment.Spec.Template.Spec), "sleep 20, /wshealthz drain, grace 50"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
