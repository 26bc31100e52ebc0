package charts

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"

	helmv2 "github.com/fluxcd/helm-controller/api/v2"
	kyvernov1 "github.com/kyverno/api/api/policies.kyverno.io/v1"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	kjson "sigs.k8s.io/json"
	kustomize "sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/yaml"
)

// object is one YAML document, decoded.
type object struct {
	apiVersion, kind, name, namespace string
	value                             any    // pointer to the Go type of apiVersion and kind, such as *appsv1.Deployment
	text                              string // of the document
}

func (o object) String() string { return o.kind + "/" + o.name }

// others are the kinds that no Go module has in a scheme, and those of Flux and Argo. AKS' managed Prometheus has PodMonitor
// under its own group (azmonitoring.coreos.com/v1) with the operator's fields.
var others = map[schema.GroupVersionKind]any{
	{Group: "azmonitoring.coreos.com", Version: "v1", Kind: "PodMonitor"}:         monitoringv1.PodMonitor{},
	{Group: "azmonitoring.coreos.com", Version: "v1", Kind: "ServiceMonitor"}:     monitoringv1.ServiceMonitor{},
	{Group: "alb.networking.azure.io", Version: "v1", Kind: "HealthCheckPolicy"}:  albHealthCheckPolicy{},
	{Group: "alb.networking.azure.io", Version: "v1", Kind: "BackendTLSPolicy"}:   albBackendTLSPolicy{},
	{Group: "networking.gke.io", Version: "v1", Kind: "HealthCheckPolicy"}:        gkeHealthCheckPolicy{},
	{Group: "networking.gke.io", Version: "v1", Kind: "GCPBackendPolicy"}:         gcpBackendPolicy{},
	{Group: "policies.kyverno.io", Version: "v1", Kind: "MutatingPolicy"}:         kyvernov1.MutatingPolicy{},
	{Group: "kustomize.config.k8s.io", Version: "v1beta1", Kind: "Kustomization"}: kustomize.Kustomization{},
	{Group: "kustomize.config.k8s.io", Version: "v1alpha1", Kind: "Component"}:    kustomize.Kustomization{},
	{Group: "helm.toolkit.fluxcd.io", Version: "v2", Kind: "HelmRelease"}:         helmv2.HelmRelease{},
	{Group: "argoproj.io", Version: "v1alpha1", Kind: "Rollout"}:                  argoRollout{},
	{Group: "argoproj.io", Version: "v1alpha1", Kind: "Application"}:              argoApplication{},
}

// newValue returns a pointer to the zero value of a kind of Kubernetes, the Gateway API, the Prometheus operator or others.
func newValue(gvk schema.GroupVersionKind) (any, error) {
	if other, ok := others[gvk]; ok {
		return reflect.New(reflect.TypeOf(other)).Interface(), nil
	}
	if strings.HasSuffix(gvk.Kind, "List") {
		return nil, fmt.Errorf("%s hides its items from strict decoding (write them as documents)", gvk.Kind)
	}
	known, err := knownKinds()
	if err != nil {
		return nil, err
	}
	return known.New(gvk)
}

var knownKinds = sync.OnceValues(func() (*runtime.Scheme, error) {
	known := runtime.NewScheme()
	return known, errors.Join(scheme.AddToScheme(known), gatewayv1.Install(known), monitoringv1.AddToScheme(known))
})

// decodeStrict decodes each document of a YAML text into the Go type of its apiVersion and kind, as strictly as an API server
// does with fieldValidation=Strict. It fails the test if there is a fault in any of them.
func decodeStrict(t *testing.T, text string) []object {
	t.Helper()
	objects, err := decode(text)
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

// The YAML parser stops after the first document, so it would skip whatever follows a marker that separator does not match.
var (
	separator = regexp.MustCompile(`(?m)^---[ \t\r]*(#.*)?$`)
	marker    = regexp.MustCompile(`(?m)^(---|\.\.\.)(\s|$)`)
)

// decode does what decodeStrict does, and returns all faults of all documents as one error: an unknown kind, an unknown field,
// a duplicate key, a wrong type. It skips documents that hold only comments.
func decode(text string) (objects []object, err error) {
	for n, document := range separator.Split(text, -1) {
		var content any
		if yaml.Unmarshal([]byte(document), &content) == nil && content == nil && !marker.MatchString(document) {
			continue
		}
		o, fault := decodeOne(document)
		if fault != nil {
			err = errors.Join(err, fmt.Errorf("document %d, %s: %w", n, o, fault))
			continue
		}
		objects = append(objects, o)
	}
	return objects, err
}

func decodeOne(document string) (object, error) {
	var head struct {
		APIVersion, Kind string
		Metadata         struct{ Name, Namespace string }
	}
	// Lenient, so that faults can be reported with the document's name.
	headFault := yaml.Unmarshal([]byte(document), &head)
	o := object{head.APIVersion, head.Kind, head.Metadata.Name, head.Metadata.Namespace, nil, document}
	if marker.MatchString(document) {
		return o, errors.New("has a document marker with content, or an end marker")
	}
	json, err := yaml.YAMLToJSONStrict([]byte(document))
	if err != nil {
		return o, err
	}
	if headFault != nil {
		return o, headFault
	}
	if o.value, err = newValue(schema.FromAPIVersionAndKind(head.APIVersion, head.Kind)); err != nil {
		return o, err
	}
	strict, err := kjson.UnmarshalStrict(json, o.value)
	return o, errors.Join(append(strict, err)...)
}

// all returns the values of one Go type, such as all[*appsv1.Deployment](objects).
func all[T any](objects []object) (values []T) {
	for _, o := range objects {
		if value, ok := o.value.(T); ok {
			values = append(values, value)
		}
	}
	return values
}

// one returns the only value of one Go type, and fails the test if there is none or more than one.
func one[T any](t *testing.T, objects []object) T {
	t.Helper()
	values := all[T](objects)
	if len(values) != 1 {
		t.Fatalf("%d %T in %v, want one", len(values), *new(T), objects)
	}
	return values[0]
}

func TestDecodeRefuses(t *testing.T) {
	for want, text := range map[string]string{
		`unknown field "dats"`:                         "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndats: {}\n",
		`unknown field "spec.template.spec.container"`: "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: {container: []}}}\n",
		`key "x" already set in map`:                   "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: a, x: b}\n",
		`cannot unmarshal`:                             "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: 1}\n",
		`no kind "Sidecar" is registered`:              "apiVersion: v1\nkind: Sidecar\nmetadata: {name: a}\n",
		`no kind "Ingress" is registered for version`:  "apiVersion: networking.k8s.io/v2\nkind: Ingress\nmetadata: {name: a}\n",
		`no version "" has been registered`:            "just: text\n",
		`hides its items`:                              "apiVersion: v1\nkind: List\nitems: []\n",
		`has a document marker with content`:           "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n--- {x: y}\n",
		`unknown field "spec.rules[0].matchs"`:         "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: a}\nspec: {rules: [{matchs: []}]}\n",
		`unknown field "spec.default.http.port"`:       "apiVersion: alb.networking.azure.io/v1\nkind: HealthCheckPolicy\nmetadata: {name: a}\nspec: {default: {http: {port: 1}}}\n",
		`unknown field "spec.default.verify.hostname"`: "apiVersion: alb.networking.azure.io/v1\nkind: BackendTLSPolicy\nmetadata: {name: a}\nspec: {default: {verify: {hostname: a}}}\n",
		`unknown field "spec.default.port"`:            "apiVersion: networking.gke.io/v1\nkind: HealthCheckPolicy\nmetadata: {name: a}\nspec: {default: {port: 1}}\n",
		`unknown field "spec.podMetricsEndpoint"`:      "apiVersion: azmonitoring.coreos.com/v1\nkind: PodMonitor\nmetadata: {name: a}\nspec: {podMetricsEndpoint: []}\n",
		`unknown field "resource"`:                     "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresource: []\n",
	} {
		if _, err := decode("# a comment\n---\n" + text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}

func TestDecode(t *testing.T) {
	objects := decodeStrict(t, "# only a comment\n---\napiVersion: v1\nkind: Service\nmetadata: {name: a}\n--- # more\r\napiVersion: v1\r\nkind: Pod\r\nmetadata: {name: b, namespace: x}\r\n---\n")
	if len(objects) != 2 || one[*corev1.Pod](t, objects).Namespace != "x" || len(all[*corev1.Service](objects)) != 1 {
		t.Errorf("got %v, want a Service and a Pod", objects)
	}
}
