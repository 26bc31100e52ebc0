package charts

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

// serverPod returns the pod of websocket-server, with the sidecar and over on top.
func serverPod(t *testing.T, h helm, over string) corev1.PodSpec {
	t.Helper()
	return one[*appsv1.Deployment](t, mustRender(t, h, "websocket-server", options{values: merged(t, on, over)})).Spec.Template.Spec
}

// sidecarIn returns the sidecar of a pod, native or plain.
func sidecarIn(t *testing.T, spec corev1.PodSpec) corev1.Container {
	t.Helper()
	for _, c := range append(append([]corev1.Container(nil), spec.InitContainers...), spec.Containers...) {
		if _, is := environmentOf(c)["WSHEALTHZ_LISTEN"]; is {
			return c
		}
	}
	t.Fatal("no sidecar")
	return corev1.Container{}
}

// drained describes the hooks of a pod, the sidecar's variables for draining, and the grace period.
func drained(t *testing.T, spec corev1.PodSpec) string {
	t.Helper()
	var said []string
	if l := spec.Containers[0].Lifecycle; l != nil && l.PreStop != nil {
		switch hook := l.PreStop; {
		case hook.Sleep != nil:
			said = append(said, fmt.Sprintf("sleep %d", hook.Sleep.Seconds))
		case hook.HTTPGet != nil:
			said = append(said, strings.TrimSpace(fmt.Sprintf("GET :%s%s %s", hook.HTTPGet.Port.String(), hook.HTTPGet.Path, hook.HTTPGet.Scheme)))
		}
	}
	sidecar := sidecarIn(t, spec)
	if sidecar.Lifecycle != nil {
		said = append(said, strings.Join(sidecar.Lifecycle.PreStop.Exec.Command, " "))
	}
	for _, name := range []string{"WAIT", "TIMEOUT", "ANSWERS", "SESSIONS"} {
		if value, is := environmentOf(sidecar)["WSHEALTHZ_DRAIN_"+name]; is {
			said = append(said, name+"="+value)
		}
	}
	if spec.TerminationGracePeriodSeconds != nil {
		said = append(said, fmt.Sprint("grace ", *spec.TerminationGracePeriodSeconds))
	}
	return strings.Join(said, ", ")
}

// TestDrain checks what is computed for each mode.
func TestDrain(t *testing.T) {
	const sleep = "sleep 20, /wshealthz drain, TIMEOUT=20s, ANSWERS=2, "
	const informed = "GET :10101/drain, /wshealthz drain, WAIT=true, TIMEOUT=20s, ANSWERS=2, "
	for over, want := range map[string]string{
		"{}":                                   sleep + "grace 50",
		"wshealthz: {drain: {mode: sleep}}":    sleep + "grace 50",
		"wshealthz: {kind: plain}":             sleep + "grace 50",
		"wshealthz: {probe: {enabled: false}}": sleep + "grace 50",
		"wshealthz: {drain: {mode: informed}}": informed + "grace 50",
		"wshealthz: {drain: {mode: none}}":     "",
		"terminationGracePeriodSeconds: 50":    sleep + "grace 50",
		"terminationGracePeriodSeconds: 900":   sleep + "grace 900",
		"wshealthz: {probe: {interval: 30, unhealthyThreshold: 3, timeout: 30}}":                       "sleep 125, /wshealthz drain, TIMEOUT=125s, ANSWERS=3, grace 155",
		"wshealthz: {probe: {interval: 1, unhealthyThreshold: 1}}":                                     "sleep 7, /wshealthz drain, TIMEOUT=7s, ANSWERS=1, grace 37",
		"wshealthz: {probe: {interval: 179, unhealthyThreshold: 19}, drain: {marginSeconds: 20}}":      "sleep 3600, /wshealthz drain, TIMEOUT=3600s, ANSWERS=19, grace 3630",
		"wshealthz: {drain: {marginSeconds: 0, appStopSeconds: 1}}":                                    "sleep 15, /wshealthz drain, TIMEOUT=15s, ANSWERS=2, grace 16",
		"wshealthz: {drain: {marginSeconds: 0, appStopSeconds: 5}}\nterminationGracePeriodSeconds: 20": "sleep 15, /wshealthz drain, TIMEOUT=15s, ANSWERS=2, grace 20",
		"wshealthz: {kind: plain, drain: {mode: informed}}":                                            "GET :10101/drain, /wshealthz drain -wait, WAIT=true, TIMEOUT=20s, ANSWERS=2, grace 50",
		"wshealthz: {port: 10201, drain: {mode: informed, sessionSeconds: 600, appStopSeconds: 60}}":   "GET :10201/drain, /wshealthz drain, WAIT=true, TIMEOUT=20s, ANSWERS=2, SESSIONS=600s, grace 680",
		"wshealthz: {drain: {mode: informed, sessionSeconds: 86400}}":                                  informed + "SESSIONS=86400s, grace 86450",
		"gateway: {backendProtocol: https}\nwshealthz: {serve: {secret: s}, drain: {mode: informed}}":  strings.Replace(informed, "/drain,", "/drain HTTPS,", 1) + "grace 50",
		"wshealthz: {drain: {mode: none}, drainWait: true, drainTimeout: 9s, drainAnswers: 4, drainSessions: 1m}\nterminationGracePeriodSeconds: 8\nlifecycle: {preStop: {sleep: {seconds: 7}}}": "sleep 7, WAIT=true, TIMEOUT=9s, ANSWERS=4, SESSIONS=1m, grace 8",
		"wshealthz: {drain: {mode: none}, adminPort: 0}":        "",
		"wshealthz: {drain: {marginSeconds: null, mode: null}}": sleep + "grace 50",
	} {
		eachHelm(t, func(t *testing.T, h helm) {
			if got := drained(t, serverPod(t, h, over)); got != want {
				t.Errorf("%s\ngot  %s\nwant %s", over, got, want)
			}
		})
	}
}

// TestDrainKeepsLifecycle checks that what else is in the server's lifecycle stays, and all of it without the sidecar.
func TestDrainKeepsLifecycle(t *testing.T) {
	started := serverPod(t, helms(t)[0], "lifecycle: {postStart: {exec: {command: [start]}}}").Containers[0].Lifecycle
	if started.PostStart == nil || started.PreStop == nil || started.PreStop.Sleep == nil {
		t.Errorf("the lifecycle is %+v, want postStart and the hook", started)
	}
	values := "lifecycle: {preStop: {exec: {command: [stop]}}}\nterminationGracePeriodSeconds: 3\nwshealthz: {drain: {mode: informed, sessionSeconds: 9}}"
	off := one[*appsv1.Deployment](t, mustRender(t, helms(t)[0], "websocket-server", options{values: values})).Spec.Template.Spec
	if hook := off.Containers[0].Lifecycle.PreStop; hook.Exec == nil || *off.TerminationGracePeriodSeconds != 3 {
		t.Errorf("without the sidecar the hook is %+v and the grace period %d, want the user's", hook, *off.TerminationGracePeriodSeconds)
	}
}

// TestDrainNone checks that mode none takes away hooks, variables and grace period, and nothing else.
func TestDrainNone(t *testing.T) {
	with, without := serverPod(t, helms(t)[0], "{}"), serverPod(t, helms(t)[0], "wshealthz: {drain: {mode: none}}")
	sidecar := &with.InitContainers[0]
	var env []corev1.EnvVar
	for _, v := range sidecar.Env {
		if !strings.HasPrefix(v.Name, "WSHEALTHZ_DRAIN_") {
			env = append(env, v)
		}
	}
	sidecar.Env, sidecar.Lifecycle, with.Containers[0].Lifecycle, with.TerminationGracePeriodSeconds = env, nil, nil, nil
	if !reflect.DeepEqual(with, without) {
		t.Errorf("mode none makes %+v\nwant          %+v", without, with)
	}
}

// TestLibraryDrain checks both lines of the library in a chart of one's own, with a grace period of its own and without.
func TestLibraryDrain(t *testing.T) {
	const sleep = "sleep 20, /wshealthz drain, TIMEOUT=20s, ANSWERS=2, "
	for over, want := range map[string]string{
		"{}":                                 sleep + "grace 50",
		"{own: 60}":                          sleep + "grace 60",
		"{wshealthz: {drain: {mode: none}}}": "",
		"{own: 0, wshealthz: {drain: {mode: none}}}": "grace 0",
		"{wshealthz: {drain: {appStopSeconds: 1}}}":  sleep + "grace 21",
	} {
		eachHelm(t, func(t *testing.T, h helm) {
			if got := drained(t, podSpec(t, h, merged(t, minimal, over))); got != want {
				t.Errorf("%s\ngot  %s\nwant %s", over, got, want)
			}
		})
	}
	spec := one[*appsv1.Deployment](t, mustRender(t, helms(t)[0], pod(t), options{values: "{own: 4, wshealthz: {enabled: false}}"})).Spec.Template.Spec
	if *spec.TerminationGracePeriodSeconds != 4 || spec.Containers[0].Lifecycle != nil {
		t.Errorf("without the sidecar the pod is %+v, want its own grace period and no hook", spec)
	}
}
