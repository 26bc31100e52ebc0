package charts

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// invariants fails the test for each fault that decoding does not find and an API server or a kubelet would.
func invariants(t *testing.T, objects []object) {
	t.Helper()
	if err := check(objects); err != nil {
		t.Error(err)
	}
}

// check returns the faults that invariants reports.
func check(objects []object) error {
	var found []error
	seen := map[string]bool{}
	for _, o := range objects {
		v := &violations{of: o.String()}
		key := o.apiVersion + " " + o.namespace + "/" + o.String()
		v.want(!seen[key] || o.name == "", "appears twice")
		seen[key] = true
		v.metadata(o)
		v.object(o.value)
		found = append(found, v.found...)
	}
	return errors.Join(append(found, drainOutlasts(objects)...)...)
}

// metadata checks names, labels and annotations, which kustomizations do not have.
func (v *violations) metadata(o object) {
	m, err := meta.Accessor(o.value)
	if err != nil {
		v.want(o.kind == "Kustomization" || o.kind == "Component", "has no metadata")
		return
	}
	switch {
	case strings.HasPrefix(o.apiVersion, "rbac.authorization.k8s.io/"):
		v.want(m.GetName() != "" && !strings.ContainsAny(m.GetName(), "/%"), "name is not a path segment")
	case o.kind == "Service" && o.apiVersion == "v1":
		v.all("name", validation.IsDNS1035Label(m.GetName()))
	case o.kind == "Namespace":
		v.all("name", validation.IsDNS1123Label(m.GetName()))
	default:
		v.all("name", validation.IsDNS1123Subdomain(m.GetName()))
	}
	if m.GetNamespace() != "" {
		v.all("namespace", validation.IsDNS1123Label(m.GetNamespace()))
	}
	v.labels(m)
}

func (v *violations) labels(m metav1.Object) {
	v.fields(metavalidation.ValidateLabels(m.GetLabels(), field.NewPath("labels")))
	v.fields(apivalidation.ValidateAnnotations(m.GetAnnotations(), field.NewPath("annotations")))
}

// object checks what is specific to a kind.
func (v *violations) object(value any) {
	switch o := value.(type) {
	case *appsv1.Deployment:
		v.workload(o.Spec.Selector, o.Spec.Template)
	case *appsv1.DaemonSet:
		v.workload(o.Spec.Selector, o.Spec.Template)
	case *appsv1.ReplicaSet:
		v.workload(o.Spec.Selector, o.Spec.Template)
	case *appsv1.StatefulSet:
		template := *o.Spec.Template.DeepCopy()
		for _, claim := range o.Spec.VolumeClaimTemplates {
			template.Spec.Volumes = append(template.Spec.Volumes, corev1.Volume{Name: claim.Name})
		}
		v.workload(o.Spec.Selector, template)
	case *batchv1.Job:
		v.template(o.Spec.Template)
	case *batchv1.CronJob:
		v.template(o.Spec.JobTemplate.Spec.Template)
	case *corev1.Pod:
		v.pod(o.Spec)
	case *corev1.Service:
		v.service(o.Spec)
	case *networkingv1.Ingress:
		v.ingress(o)
	case interface{ check(*violations) }:
		o.check(v)
	}
}

func (v *violations) workload(selector *metav1.LabelSelector, template corev1.PodTemplateSpec) {
	match, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		v.add("selector: %s", err)
	} else if match.Empty() || !match.Matches(labels.Set(template.Labels)) {
		v.add("selector %q does not select the template's labels %v", match, template.Labels)
	}
	v.template(template)
}

func (v *violations) template(template corev1.PodTemplateSpec) {
	v.labels(&template)
	v.pod(template.Spec)
}

func (v *violations) service(spec corev1.ServiceSpec) {
	names := map[string]bool{}
	for _, port := range spec.Ports {
		v.all(fmt.Sprintf("port %d", port.Port), validation.IsValidPortNum(int(port.Port)))
		if port.Name != "" || len(spec.Ports) > 1 {
			v.all(fmt.Sprintf("name %q of port %d", port.Name, port.Port), validation.IsDNS1123Label(port.Name))
		}
		if port.TargetPort != (intstr.IntOrString{}) {
			v.port("targetPort", port.TargetPort, nil)
		}
		v.want(!names[port.Name], "two ports are named "+port.Name)
		names[port.Name] = true
	}
	v.fields(metavalidation.ValidateLabels(spec.Selector, field.NewPath("selector")))
}

// violations collects what is wrong with one object.
type violations struct {
	of    string
	found []error
}

func (v *violations) add(format string, args ...any) {
	v.found = append(v.found, fmt.Errorf(v.of+": "+format, args...))
}

func (v *violations) want(ok bool, otherwise string) {
	if !ok {
		v.add("%s", otherwise)
	}
}

// all adds the messages of apimachinery's own validation.
func (v *violations) all(what string, messages []string) {
	for _, message := range messages {
		v.add("%s: %s", what, message)
	}
}

func (v *violations) fields(faults field.ErrorList) {
	for _, fault := range faults {
		v.add("%s", fault)
	}
}

// within checks the range of an optional number.
func (v *violations) within(what string, n *int32, low, high int32) {
	if n != nil && (*n < low || *n > high) {
		v.add("%s is %d, want %d to %d", what, *n, low, high)
	}
}
