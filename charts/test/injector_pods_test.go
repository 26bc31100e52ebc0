package charts

import (
	"testing"
)

// onePort is a labelled pod that is injected, with one container that declares one port.
const onePort = `{apiVersion: v1, kind: Pod, metadata: {name: a, labels: {wshealthz/inject: 'true'}},
  spec: {containers: [{name: server, image: a, ports: [{containerPort: 8888}]}]}}`

// TestInjectedPods checks what in a pod, apart from its annotations, is a reason to leave it alone. Each reason is one for which
// the changed pod would be invalid, would not start, or would lose a port.
func TestInjectedPods(t *testing.T) {
	const (
		windows   = "it is for Windows"
		port      = "declares the health port or the admin port"
		resources = "resources for the whole pod"
	)
	affinity := func(terms string) string {
		return "spec: {affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [" + terms + "]}}}}"
	}
	declares := func(port string) string {
		return "spec: {containers: [{name: a, image: a, ports: [{name: ws, containerPort: 8888}]}, {name: b, image: a, ports: [" + port + "]}]}"
	}
	for _, c := range []struct{ over, reason string }{
		{"{}", ""},
		{"spec: {initContainers: []}", ""},
		{"spec: {restartPolicy: Never}", ""},
		{"spec: {restartPolicy: OnFailure, terminationGracePeriodSeconds: 0}", ""},
		{"spec: {hostNetwork: false}", ""},
		{"spec: {hostNetwork: true}", "it uses the network of its host"},
		{"metadata: {namespace: kube-system}", "its namespace is excluded"},
		{"{metadata: {annotations: {kubernetes.io/config.mirror: a}}, spec: {nodeName: a}}", "it is a static pod"},

		{"spec: {os: {name: linux}}", ""},
		{"spec: {os: {name: windows}}", windows},
		{"spec: {nodeSelector: {kubernetes.io/os: linux}}", ""},
		{"spec: {nodeSelector: {kubernetes.io/os: windows}}", windows},
		{"spec: {nodeSelector: {beta.kubernetes.io/os: windows}}", windows},
		{"spec: {securityContext: {windowsOptions: {runAsUserName: a}}}", windows},
		{"spec: {containers: [{name: a, image: a, ports: [{containerPort: 1}], securityContext: {windowsOptions: {runAsUserName: a}}}]}", windows},
		{affinity("{matchExpressions: [{key: kubernetes.io/os, operator: In, values: [linux]}]}"), ""},
		{affinity("{matchExpressions: [{key: kubernetes.io/os, operator: In, values: [windows]}]}"), windows},
		{affinity("{matchExpressions: [{key: kubernetes.io/arch, operator: In, values: [amd64]}, {key: kubernetes.io/os, operator: NotIn, values: [linux]}]}"), windows},
		{affinity("{matchExpressions: [{key: kubernetes.io/os, operator: NotIn, values: [windows]}]}"), ""},
		{affinity("{matchExpressions: [{key: kubernetes.io/os, operator: Exists}]}"), ""},
		{affinity("{matchFields: [{key: metadata.name, operator: In, values: [windows]}]}"), ""},
		{affinity("{matchExpressions: [{key: kubernetes.io/arch, operator: Exists}]}, {matchExpressions: [{key: beta.kubernetes.io/os, operator: In, values: [linux, windows]}]}"), windows},

		{"spec: {resources: {}}", ""},
		{"spec: {resources: {requests: {cpu: 100m}}}", resources},
		{"spec: {resources: {limits: {memory: 1Gi}}}", resources},

		{declares("{containerPort: 10103}"), ""},
		{declares("{containerPort: 10101}"), port},
		{declares("{containerPort: 10102}"), port},
		{declares("{containerPort: 10101, protocol: UDP}"), ""},
		{declares("{containerPort: 80, hostPort: 10101}"), port},
		{declares("{containerPort: 80, hostPort: 80}"), ""},
		{"spec: {initContainers: [{name: setup, image: a, ports: [{containerPort: 10101}]}]}", ""},
		{"spec: {initContainers: [{name: mesh, image: a, restartPolicy: Always, ports: [{containerPort: 10101}]}]}", port},
		{"spec: {initContainers: [{name: mesh, image: a, restartPolicy: Always, ports: [{containerPort: 15090}]}]}", ""},
	} {
		pod, warning := newInjector(t, "{}").created(t, merged(t, onePort, c.over))
		wantInjected(t, pod, warning, c.reason, c.over)
	}
}

// TestInjectedTwice checks that a pod with a sidecar of its own is left alone without a warning.
func TestInjectedTwice(t *testing.T) {
	for _, over := range []string{
		"spec: {containers: [{name: wshealthz, image: a, ports: [{containerPort: 1}]}]}",
		"spec: {initContainers: [{name: wshealthz, image: a}]}",
	} {
		pod, warning := newInjector(t, "{}").created(t, merged(t, onePort, over))
		if sidecarOfPod(pod) != nil || warning != "" {
			t.Errorf("%s\ngot  %+v, %q\nwant neither a second sidecar nor a warning", over, pod.Spec.InitContainers, warning)
		}
	}
}

// TestInjectedReasons checks that a warning has all reasons, so that one look at it is enough.
func TestInjectedReasons(t *testing.T) {
	_, warning := newInjector(t, "{}").created(t, merged(t, onePort,
		"{metadata: {annotations: {wshealthz/check: pong, wshealthz/timeout: '5'}}, spec: {hostNetwork: true}}"))
	const want = "wshealthz was not injected into this pod: it uses the network of its host (add the sidecar to its template, with ports " +
		"that are free on the node); the annotation wshealthz/check must be one of handshake, ping, graphql-transport-ws, graphql-ws, " +
		"socket.io, signalr, stomp, mqtt, mqtt5, wamp, phoenix, actioncable, jsonrpc, nats, xmpp, ocpp; the annotation wshealthz/timeout " +
		"must be a duration above 0 and at most 60s, such as 3s"
	if warning != want {
		t.Errorf("got  %s\nwant %s", warning, want)
	}
}
