package charts

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// injectedPod returns a labelled pod with two containers, of which the first has port 80, named http, and the second 9 and 8888. over is YAML
// on top of it.
func injectedPod(t *testing.T, over string) string {
	return merged(t, `{apiVersion: v1, kind: Pod, metadata: {name: a, labels: {wshealthz/inject: 'true'}},
  spec: {containers: [{name: first, image: a, ports: [{name: http, containerPort: 80}]}, {name: second, image: a, ports: [{containerPort: 9}, {containerPort: 8888}]}]}}`, over)
}

const secondHasHook = `spec: {containers: [{name: first, image: a, ports: [{name: http, containerPort: 80}]}, {name: second, image: a, ports: [{containerPort: 8888}],
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
		pod, _ := newInjector(t, c.values).created(t, injectedPod(t, c.over))
		got := "left alone"
		if sidecarOfPod(pod) != nil {
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
