package charts

import (
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
)

const injectorValues = "wshealthz: {image: {repository: registry.example/wshealthz}}"

// TestInjector checks both policies and their bindings: they apply when labelled pods are created, and never block one.
func TestInjector(t *testing.T) {
	eachHelm(t, func(t *testing.T, h helm) {
		text, err := renderText(t, h, "wshealthz-injector", options{release: "wshealthz-injector", values: injectorValues})
		if err != nil {
			t.Fatal(err)
		}
		golden(t, "wshealthz-injector", text)
		objects := decodeStrict(t, text)
		invariants(t, objects)
		mutating := one[*admissionv1.MutatingAdmissionPolicy](t, objects).Spec
		validating := one[*admissionv1.ValidatingAdmissionPolicy](t, objects).Spec
		if *mutating.FailurePolicy != admissionv1.Ignore || *validating.FailurePolicy != admissionv1.Ignore {
			t.Error("a failing policy would keep pods from starting")
		}
		rule := mutating.MatchConstraints.ResourceRules[0]
		if len(rule.Operations) != 1 || rule.Operations[0] != admissionv1.Create || len(rule.Resources) != 1 || rule.Resources[0] != "pods" {
			t.Errorf("the rule is %+v, want CREATE of pods", rule)
		}
		for _, m := range []*admissionv1.MatchResources{mutating.MatchConstraints, validating.MatchConstraints} {
			if m.MatchPolicy == nil || m.NamespaceSelector == nil || m.ObjectSelector == nil || m.ResourceRules[0].Scope == nil {
				t.Errorf("%+v leaves to Kubernetes what Argo CD then shows as a difference", m)
			}
		}
		if mutating.MatchConstraints.ObjectSelector.MatchLabels["wshealthz/inject"] != "true" {
			t.Error("the policy applies to pods without the label")
		}
		actions := one[*admissionv1.ValidatingAdmissionPolicyBinding](t, objects).Spec.ValidationActions
		if len(actions) != 2 || actions[0] != admissionv1.Warn || actions[1] != admissionv1.Audit {
			t.Errorf("actions %v, want Warn and Audit", actions)
		}
	})
}

// TestInjectorRefuses checks that values are refused whose fault would otherwise show only in a pod without the sidecar.
func TestInjectorRefuses(t *testing.T) {
	for over, want := range map[string]string{
		"{wshealthz: {image: {repository: ''}}}":                "wshealthz.image.repository is empty",
		"{wshealthz: {headersSecret: s}}":                       "mounts only Secrets that a pod names",
		"{wshealthz: {tls: {caSecret: s}}}":                     "mounts only Secrets that a pod names",
		"{wshealthz: {serve: {secret: s}}}":                     "mounts only Secrets that a pod names",
		"{wshealthz: {timeout: 10s}}":                           "must be longer than wshealthz.timeout",
		"{wshealthz: {kind: plain}}":                            "wshealthz.kind, name, target and hostNetwork must keep their defaults",
		"{wshealthz: {target: 'ws://a'}}":                       "wshealthz.kind, name, target and hostNetwork must keep their defaults",
		"{wshealthz: {drain: {mode: informed}}}":                "wshealthz.drain.mode is informed, must be none or sleep",
		"{wshealthz: {adminPort: 0}}":                           "wshealthz.adminPort is 0, so there is no admin listener",
		"{wshealthz: {check: pong}}":                            "wshealthz.check is pong, must be one of handshake, ping",
		"{wshealthz: {check: ping, expect: a}}":                 "wshealthz.check is ping, must be one of handshake, graphql",
		"{wshealthz: {tls: {skipVerify: true, serverName: a}}}": "must be at most one",
		"{engine: opa}":                                         "at '/engine': value must be one of 'kubernetes', 'kyverno'",
		"{excludedNamespaces: kube-system}":                     "at '/excludedNamespaces': got string",
		"{wshealthz: {headersVolume: {configMap: {name: c}}}}":  "mounts only Secrets that a pod names",
	} {
		_, err := render(t, helms(t)[0], "wshealthz-injector", options{values: merged(t, injectorValues, over)})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\ngot  %v\nwant an error with %q", over, err, want)
		}
	}
	_, err := renderText(t, helms(t)[0], "wshealthz-injector", options{values: injectorValues, args: []string{"--kube-version", "1.35.0"}})
	if err == nil || !strings.Contains(err.Error(), "Kubernetes is v1.35.0, must be 1.36 or later") {
		t.Errorf("Kubernetes 1.35: got %v, want a refusal", err)
	}
}
