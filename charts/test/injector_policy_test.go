package charts

import (
	"context"
	"strings"
	"sync"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/admission"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/mutating/patch"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/client-go/kubernetes/scheme"
)

// An injector is the two policies of the injector chart, compiled as the API server does. TestClusterInjection uses a real one.
type injector struct {
	compiler  *plugincel.CompositedCompiler // of the mutating policy, whose variables it holds
	matcher   matchconditions.Matcher
	patchers  []patch.Patcher
	validator validating.Validator
}

// injectors maps values to the *injector that they make.
var injectors sync.Map

// newInjector renders the chart with values over injectorValues, once for each.
func newInjector(t *testing.T, over string) *injector {
	t.Helper()
	if made, ok := injectors.Load(over); ok {
		return made.(*injector)
	}
	objects := mustRender(t, helms(t)[0], "wshealthz-injector", options{values: merged(t, injectorValues, over)})
	i := &injector{validator: compileValidating(t, one[*admissionv1.ValidatingAdmissionPolicy](t, objects).Spec, version.MajorMinor(1, 36))}
	i.compileMutating(t, one[*admissionv1.MutatingAdmissionPolicy](t, objects).Spec)
	injectors.Store(over, i)
	return i
}

// compileVariables compiles variables for a version of Kubernetes, and fails the test if one does not compile.
func compileVariables(t *testing.T, variables []admissionv1.Variable, of *version.Version) *plugincel.CompositedCompiler {
	t.Helper()
	compiler, err := plugincel.NewCompositedCompiler(environment.MustBaseEnvSet(of))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range variables {
		declared := plugincel.OptionalVariableDeclarations{HasAuthorizer: true}
		result := compiler.CompileAndStoreVariable(&validating.Variable{Name: v.Name, Expression: v.Expression}, declared, environment.NewExpressions)
		if result.Error != nil {
			t.Fatalf("variable %s: %v", v.Name, result.Error)
		}
	}
	return compiler
}

func (i *injector) compileMutating(t *testing.T, spec admissionv1.MutatingAdmissionPolicySpec) {
	t.Helper()
	var conditions []plugincel.ExpressionAccessor
	for n := range spec.MatchConditions {
		conditions = append(conditions, (*matchconditions.MatchCondition)(&spec.MatchConditions[n]))
	}
	declared := plugincel.OptionalVariableDeclarations{HasAuthorizer: true}
	fail := admissionv1.Fail // not Ignore, so that a faulty condition is an error
	// A compiler of their own: the conditions are judged before there are variables.
	compiled := compileVariables(t, nil, version.MajorMinor(1, 36)).CompileCondition(conditions, declared, environment.NewExpressions)
	i.matcher = matchconditions.NewMatcher(compiled, &fail, "policy", "mutate", "injector")
	i.compiler = compileVariables(t, spec.Variables, version.MajorMinor(1, 36))
	declared.HasPatchTypes = true
	for _, m := range spec.Mutations {
		condition := &patch.JSONPatchCondition{Expression: m.JSONPatch.Expression}
		i.patchers = append(i.patchers, patch.NewJSONPatcher(i.compiler.CompileMutatingEvaluator(condition, declared, environment.NewExpressions)))
	}
}

func compileValidating(t *testing.T, spec admissionv1.ValidatingAdmissionPolicySpec, of *version.Version) validating.Validator {
	t.Helper()
	compiler := compileVariables(t, spec.Variables, of)
	compile := func(expressions ...plugincel.ExpressionAccessor) plugincel.ConditionEvaluator {
		return compiler.CompileCondition(expressions, plugincel.OptionalVariableDeclarations{HasAuthorizer: true}, environment.NewExpressions)
	}
	v, fail := spec.Validations[0], admissionv1.Fail
	for _, expression := range []plugincel.ExpressionAccessor{&validating.ValidationCondition{Expression: v.Expression}, &validating.MessageExpressionCondition{MessageExpression: v.MessageExpression}} {
		if result := compiler.CompileCELExpression(expression, plugincel.OptionalVariableDeclarations{HasAuthorizer: true}, environment.NewExpressions); result.Error != nil {
			t.Fatal(result.Error)
		}
	}
	return validating.NewValidator(compile(&validating.ValidationCondition{Expression: v.Expression}), nil, compile(),
		compile(&validating.MessageExpressionCondition{MessageExpression: v.MessageExpression}), &fail, nil)
}

// created returns what becomes of a pod that is created, and the warning to its creator; "" for none.
func (i *injector) created(t *testing.T, text string) (pod *corev1.Pod, warning string) {
	t.Helper()
	pod = one[*corev1.Pod](t, decodeStrict(t, text))
	if pod.Spec.TerminationGracePeriodSeconds == nil {
		seconds := int64(30) // Kubernetes' default, which is set before admission
		pod.Spec.TerminationGracePeriodSeconds = &seconds
	}
	resource := corev1.SchemeGroupVersion.WithResource("pods")
	if match := i.matcher.Match(context.Background(), podAttributes(pod), nil, nil); match.Error != nil {
		t.Fatalf("%v\n%s", match.Error, text)
	} else if match.Matches {
		for _, patcher := range i.patchers {
			patched, err := patcher.Patch(i.compiler.CreateContext(context.Background()), patch.Request{
				MatchedResource: resource, VersionedAttributes: podAttributes(pod), ObjectInterfaces: admission.NewObjectInterfacesFromScheme(scheme.Scheme),
			}, celconfig.RuntimeCELCostBudget)
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			pod = patched.(*corev1.Pod)
		}
	}
	if err := check([]object{{apiVersion: "v1", kind: "Pod", name: pod.Name, value: pod}}); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
	result := i.validator.Validate(context.Background(), resource, podAttributes(pod), nil, nil, celconfig.RuntimeCELCostBudget, nil)
	switch decision := result.Decisions[0]; decision.Evaluation {
	case validating.EvalDeny:
		warning = decision.Message
	case validating.EvalError:
		t.Fatalf("%s\n%s", decision.Message, text)
	}
	return pod, warning
}

// podAttributes is the request that creates a pod.
func podAttributes(pod *corev1.Pod) *admission.VersionedAttributes {
	namespace := pod.Namespace
	if namespace == "" {
		namespace = "default"
	}
	kind, resource := corev1.SchemeGroupVersion.WithKind("Pod"), corev1.SchemeGroupVersion.WithResource("pods")
	return &admission.VersionedAttributes{
		Attributes:    admission.NewAttributesRecord(pod, nil, kind, namespace, pod.Name, resource, "", admission.Create, &metav1.CreateOptions{}, false, nil),
		VersionedKind: kind, VersionedObject: admission.NewLazyObject(pod), VersionedOldObject: admission.NewLazyObject(nil),
	}
}

// sidecarOfPod returns the injected sidecar, or nil if there is none.
func sidecarOfPod(pod *corev1.Pod) *corev1.Container {
	for n, c := range pod.Spec.InitContainers {
		if c.Name == "wshealthz" && c.RestartPolicy != nil {
			return &pod.Spec.InitContainers[n]
		}
	}
	return nil
}

// wantInjected fails the test unless the pod has the sidecar and there is no warning, or, with a reason, has none and the
// warning says the reason.
func wantInjected(t *testing.T, pod *corev1.Pod, warning, reason, what string) {
	t.Helper()
	switch injected := sidecarOfPod(pod) != nil; {
	case injected && (reason != "" || warning != ""):
		t.Errorf("%s\nis injected (%s), want %q", what, warning, reason)
	case !injected && (reason == "" || !strings.Contains(warning, reason)):
		t.Errorf("%s\ngot  %q\nwant %q", what, warning, reason)
	}
}
