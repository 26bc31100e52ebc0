package charts

import (
	"context"
	"fmt"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/admission"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/policy/mutating/patch"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/client-go/kubernetes/scheme"
)

// An injector is the policy of the injector chart, compiled as the API server does.
type injector struct {
	compiler *plugincel.CompositedCompiler
	matcher  matchconditions.Matcher
	patchers []patch.Patcher
}

// newInjector renders the chart with values over injectorValues. TestClusterInjection uses a real API server.
func newInjector(t *testing.T, over string) *injector {
	t.Helper()
	objects := mustRender(t, helms(t)[0], "wshealthz-injector", options{values: merged(t, injectorValues, over)})
	policy := one[*admissionv1.MutatingAdmissionPolicy](t, objects)
	declared := plugincel.OptionalVariableDeclarations{HasAuthorizer: true}
	compiler, err := plugincel.NewCompositedCompiler(environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range policy.Spec.Variables {
		result := compiler.CompileAndStoreVariable(&validating.Variable{Name: v.Name, Expression: v.Expression}, declared, environment.StoredExpressions)
		if result.Error != nil {
			t.Fatalf("variable %s: %v", v.Name, result.Error)
		}
	}
	var conditions []plugincel.ExpressionAccessor
	for i := range policy.Spec.MatchConditions {
		conditions = append(conditions, (*matchconditions.MatchCondition)(&policy.Spec.MatchConditions[i]))
	}
	fail := admissionv1.Fail // not Ignore, so that a faulty condition is an error
	i := &injector{compiler: compiler, matcher: matchconditions.NewMatcher(compiler.CompileCondition(conditions, declared, environment.StoredExpressions), &fail, "policy", "mutate", policy.Name)}
	declared.HasPatchTypes = true
	for _, m := range policy.Spec.Mutations {
		condition := &patch.JSONPatchCondition{Expression: m.JSONPatch.Expression}
		i.patchers = append(i.patchers, patch.NewJSONPatcher(compiler.CompileMutatingEvaluator(condition, declared, environment.StoredExpressions)))
	}
	return i
}

// created returns what becomes of a pod that is created, and whether the policy applies to it.
func (i *injector) created(t *testing.T, text string) (pod *corev1.Pod, applies bool) {
	t.Helper()
	pod = one[*corev1.Pod](t, decodeStrict(t, text))
	if pod.Spec.TerminationGracePeriodSeconds == nil {
		seconds := int64(30) // Kubernetes' default, which is set before admission
		pod.Spec.TerminationGracePeriodSeconds = &seconds
	}
	kind := corev1.SchemeGroupVersion.WithKind("Pod")
	resource := corev1.SchemeGroupVersion.WithResource("pods")
	for n, patcher := range i.patchers {
		attributes := &admission.VersionedAttributes{
			Attributes:    admission.NewAttributesRecord(pod, nil, kind, "default", pod.Name, resource, "", admission.Create, &metav1.CreateOptions{}, false, nil),
			VersionedKind: kind, VersionedObject: admission.NewLazyObject(pod), VersionedOldObject: admission.NewLazyObject(nil),
		}
		if n == 0 {
			match := i.matcher.Match(context.Background(), attributes, nil, nil)
			if match.Error != nil {
				t.Fatalf("%v\n%s", match.Error, text)
			}
			if !match.Matches {
				return pod, false
			}
		}
		patched, err := patcher.Patch(i.compiler.CreateContext(context.Background()), patch.Request{
			MatchedResource: resource, VersionedAttributes: attributes, ObjectInterfaces: admission.NewObjectInterfacesFromScheme(scheme.Scheme),
		}, celconfig.RuntimeCELCostBudget)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		pod = patched.(*corev1.Pod)
	}
	if err := check([]object{{apiVersion: "v1", kind: "Pod", name: pod.Name, value: pod}}); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
	return pod, true
}

// injectedPod returns a labelled pod with two containers, of which the first declares port 80 and the second 8888. over is YAML
// on top of it.
func injectedPod(t *testing.T, over string) string {
	return merged(t, `{apiVersion: v1, kind: Pod, metadata: {name: a, labels: {wshealthz/inject: 'true'}},
  spec: {containers: [{name: first, image: a, ports: [{containerPort: 80}]}, {name: second, image: a, ports: [{containerPort: 9}, {containerPort: 8888}]}]}}`, over)
}

const secondHasHook = `spec: {containers: [{name: first, image: a, ports: [{containerPort: 80}]}, {name: second, image: a, ports: [{containerPort: 8888}],
  lifecycle: {preStop: {exec: {command: [stop]}}}}]}`

// TestInjectedDrain checks whose hook and which grace period a pod gets.
func TestInjectedDrain(t *testing.T) {
	target := func(url string) string { return "metadata: {annotations: {wshealthz/target: '" + url + "'}}\n" }
	for _, c := range []struct {
		values, over string
		want         string // the containers with a hook of ours, and the grace period
	}{
		{"{}", "{}", "wshealthz drain, first sleep 20, 50"},
		{"{}", target("ws://localhost:8888/ws?a=$1"), "wshealthz drain, second sleep 20, 50"},
		{"{}", target("ws://localhost/"), "wshealthz drain, first sleep 20, 50"},
		{"{}", target("wss://[::1]:9"), "wshealthz drain, second sleep 20, 50"},
		{"{}", target("ws://localhost:7777/"), "wshealthz drain, first sleep 20, 50"},
		{"{}", target("ws://$(HOST):8888/"), "wshealthz drain, second sleep 20, 50"},
		{"{}", target("wss://localhost/") + "spec: {containers: [{name: a, image: a}, {name: tls, image: a, ports: [{containerPort: 443}]}]}", "wshealthz drain, tls sleep 20, 50"},
		{"{}", target("ws://a") + "spec: {containers: [{name: silent, image: a}]}", "wshealthz drain, silent sleep 20, 50"},
		{"{}", secondHasHook, "wshealthz drain, first sleep 20, 50"},
		{"{}", secondHasHook + "\n" + target("ws://localhost:8888/"), "wshealthz drain, 30"},
		{"{}", "spec: {containers: [{name: a, image: a, ports: [{containerPort: 1}], lifecycle: {postStart: {exec: {command: [start]}}}}]}", "wshealthz drain, a sleep 20, 50"},
		{"{}", "spec: {containers: [{name: a, image: a, ports: [{containerPort: 1}], lifecycle: {}}]}", "wshealthz drain, a sleep 20, 50"},
		{"{}", "spec: {terminationGracePeriodSeconds: 49}", "wshealthz drain, first sleep 20, 50"},
		{"{}", "spec: {terminationGracePeriodSeconds: 50}", "wshealthz drain, first sleep 20, 50"},
		{"{}", "spec: {terminationGracePeriodSeconds: 600}", "wshealthz drain, first sleep 20, 600"},
		{"{}", "spec: {terminationGracePeriodSeconds: 0}", "wshealthz drain, first sleep 20, 50"},
		{"{}", "spec: {initContainers: [{name: setup, image: a}]}", "wshealthz drain, first sleep 20, 50"},
		{"{}", "metadata: {annotations: {wshealthz/drain: none}}", "30"},
		{"{}", "metadata: {annotations: {wshealthz/drain: sleep}}", "wshealthz drain, first sleep 20, 50"},
		{"{}", "metadata: {annotations: {wshealthz/drain: informed}}", "left alone"},
		{"{}", "metadata: {annotations: {wshealthz/drain: ''}}", "left alone"},
		{"wshealthz: {drain: {mode: none}}", "{}", "30"},
		{"wshealthz: {drain: {mode: none}}", "metadata: {annotations: {wshealthz/drain: sleep}}", "wshealthz drain, first sleep 20, 50"},
		{"wshealthz: {drain: {mode: none}, adminPort: 0}", "{}", "30"},
		{"wshealthz: {drain: {mode: none}, adminPort: 0}", "metadata: {annotations: {wshealthz/drain: sleep}}", "left alone"},
		{"wshealthz: {drain: {marginSeconds: 0, appStopSeconds: 5}, probe: {interval: 10, unhealthyThreshold: 1}}", "{}", "wshealthz drain, first sleep 20, 30"},
	} {
		pod, applies := newInjector(t, c.values).created(t, injectedPod(t, c.over))
		got := "left alone"
		if applies {
			got = hooksOf(pod)
		}
		if got != c.want {
			t.Errorf("%s\n%s\ngot  %s\nwant %s", c.values, c.over, got, c.want)
		}
	}
}

// hooksOf describes the hooks with which a pod drains, and its grace period.
func hooksOf(pod *corev1.Pod) string {
	var found []string
	for _, container := range append(pod.Spec.InitContainers, pod.Spec.Containers...) {
		switch c := container; {
		case c.Lifecycle == nil || c.Lifecycle.PreStop == nil:
		case c.Lifecycle.PreStop.Sleep != nil:
			found = append(found, fmt.Sprintf("%s sleep %d", c.Name, c.Lifecycle.PreStop.Sleep.Seconds))
		case c.Lifecycle.PreStop.Exec.Command[0] == "/wshealthz":
			found = append(found, c.Name+" "+strings.Join(c.Lifecycle.PreStop.Exec.Command[1:], " "))
		}
	}
	return strings.Join(append(found, fmt.Sprint(*pod.Spec.TerminationGracePeriodSeconds)), ", ")
}

// TestInjectedDrainKeepsHooks checks that nothing of a server's own lifecycle is lost.
func TestInjectedDrainKeepsHooks(t *testing.T) {
	pod, _ := newInjector(t, "{}").created(t, injectedPod(t, secondHasHook+"\nmetadata: {annotations: {wshealthz/target: 'ws://localhost:8888/'}}"))
	if hook := pod.Spec.Containers[1].Lifecycle.PreStop; hook.Sleep != nil || hook.Exec == nil || hook.Exec.Command[0] != "stop" {
		t.Errorf("the server's hook is %+v, want its own", hook)
	}
	pod, _ = newInjector(t, "{}").created(t, injectedPod(t, "spec: {containers: [{name: a, image: a, ports: [{containerPort: 1}], lifecycle: {postStart: {exec: {command: [start]}}}}]}"))
	if l := pod.Spec.Containers[0].Lifecycle; l.PostStart == nil || l.PostStart.Exec.Command[0] != "start" {
		t.Errorf("the server's lifecycle is %+v, want its postStart too", l)
	}
}
