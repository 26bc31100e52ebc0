package charts

import (
	"reflect"
	"testing"

	kyvernov1 "github.com/kyverno/api/api/policies.kyverno.io/v1"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/util/version"
)

// TestInjectorKyverno checks that engine kyverno renders the policy of engine kubernetes as Kyverno's kind, on versions of
// Kubernetes that have no such policy. Kyverno evaluates it with the API server's own code, as the other tests do. No Kyverno
// runs here.
func TestInjectorKyverno(t *testing.T) {
	objects := mustRender(t, helms(t)[0], "wshealthz-injector", options{values: injectorValues})
	want := one[*admissionv1.MutatingAdmissionPolicy](t, objects).Spec
	eachHelm(t, func(t *testing.T, h helm) {
		old := mustRender(t, h, "wshealthz-injector", options{values: injectorValues, set: []string{"engine=kyverno"}, args: []string{"--kube-version", "1.30.0"}})
		if n := len(all[*admissionv1.MutatingAdmissionPolicy](old)) + len(all[*admissionv1.MutatingAdmissionPolicyBinding](old)); n != 0 {
			t.Errorf("%d objects of a kind that Kubernetes 1.30 does not know", n)
		}
		policy := one[*kyvernov1.MutatingPolicy](t, old).Spec
		if !reflect.DeepEqual(policy.Variables, want.Variables) || !reflect.DeepEqual(policy.MatchConditions, want.MatchConditions) ||
			!reflect.DeepEqual(policy.MatchConstraints, want.MatchConstraints) {
			t.Error("the variables, conditions or constraints differ from those of engine kubernetes")
		}
		if len(policy.Mutations) != 1 || policy.Mutations[0].JSONPatch.Expression != want.Mutations[0].JSONPatch.Expression {
			t.Errorf("the mutations are %+v", policy.Mutations)
		}
		if *policy.FailurePolicy != admissionv1.Ignore {
			t.Error("a failing policy would keep pods from starting")
		}
		// An empty list, not a missing one, which is Kyverno's default: all kinds that have a pod template.
		if auto := policy.AutogenConfiguration; auto == nil || auto.PodControllers == nil || auto.PodControllers.Controllers == nil || len(auto.PodControllers.Controllers) != 0 {
			t.Errorf("Kyverno would make policies for controllers of pods too: %+v", auto)
		}
		compileValidating(t, one[*admissionv1.ValidatingAdmissionPolicy](t, old).Spec, version.MajorMinor(1, 30))
	})
}
