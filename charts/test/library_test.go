package charts

import (
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// pod returns a chart with the library's lines, for two sidecars: those of the values wshealthz and second. The server drains by
// the values wshealthz, and own is its grace period.
func pod(t *testing.T) string {
	t.Helper()
	return tempChart(t, podFiles())
}

// podFiles returns the files of the chart that pod returns.
func podFiles() map[string]string {
	lines := func(template, indent string) string {
		both := ""
		for _, block := range []string{"wshealthz", "second"} {
			both += `{{- with .Values.` + block + ` }}{{- include "wshealthz.` + template + `" (dict "root" $ "values" .) | nindent ` + indent + " }}{{ end }}\n"
		}
		return both
	}
	return map[string]string{
		"Chart.yaml": "apiVersion: v2\nname: own\nversion: 0.1.0\ndependencies: [{name: wshealthz, version: 0.1.0, repository: 'file://../wshealthz'}]\n",
		"templates/all.yaml": `apiVersion: apps/v1
kind: Deployment
metadata: {name: own}
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec:
      {{- include "wshealthz.terminationGracePeriodSeconds" (dict "root" $ "values" .Values.wshealthz "own" .Values.own) | nindent 6 }}
      initContainers:
` + lines("nativeSidecar", "8") + `      containers:
        - name: server
          image: server
          lifecycle:
            {{- include "wshealthz.preStop" (dict "root" $ "values" .Values.wshealthz) | nindent 12 }}
` + lines("container", "8") + `      volumes:
` + lines("volumes", "8") + `---
apiVersion: v1
kind: ConfigMap
metadata:
  name: own
  annotations:
` + lines("annotations", "4"),
	}
}

func podSpec(t *testing.T, h helm, values string) corev1.PodSpec {
	t.Helper()
	return one[*appsv1.Deployment](t, mustRender(t, h, pod(t), options{values: values})).Spec.Template.Spec
}

const minimal = `wshealthz:
  enabled: true
  image: {repository: registry.example/wshealthz}
  target: ws://localhost:8888/ws
`

// TestTwoSidecars checks that a second block, into which Helm merges no defaults, renders like the first except for what it
// sets.
func TestTwoSidecars(t *testing.T) {
	second := "second: {enabled: true, name: feed, port: 10201, adminPort: 10202, image: {repository: registry.example/wshealthz}, target: 'ws://localhost:8888/ws'}\n"
	eachHelm(t, func(t *testing.T, h helm) {
		sidecars := podSpec(t, h, minimal+second).InitContainers
		if len(sidecars) != 2 {
			t.Fatalf("%d sidecars, want 2", len(sidecars))
		}
		first, err := yaml.Marshal(sidecars[0])
		if err != nil {
			t.Fatal(err)
		}
		got, err := yaml.Marshal(sidecars[1])
		if err != nil {
			t.Fatal(err)
		}
		want := strings.NewReplacer("name: wshealthz", "name: feed", "10101", "10201", "10102", "10202").Replace(string(first))
		if string(got) != want {
			t.Errorf("the second is\n%s\nwant\n%s", got, want)
		}
	})
}

// TestSidecar checks what every user of the container relies on.
func TestSidecar(t *testing.T) {
	eachHelm(t, func(t *testing.T, h helm) {
		spec := podSpec(t, h, minimal)
		if len(spec.InitContainers) != 1 || len(spec.Containers) != 1 || spec.Volumes != nil {
			t.Fatalf("the pod is %+v, want one more init container and no volume", spec)
		}
		c := spec.InitContainers[0]
		if c.RestartPolicy == nil || *c.RestartPolicy != corev1.ContainerRestartPolicyAlways {
			t.Error("not a native sidecar: its restartPolicy is not Always")
		}
		if c.LivenessProbe != nil || c.StartupProbe != nil {
			t.Error("a livenessProbe or startupProbe by default, want none")
		}
		if p := c.ReadinessProbe; p.PeriodSeconds != 5 || p.TimeoutSeconds != 4 || p.FailureThreshold != 3 || p.HTTPGet.Port.IntValue() != 10101 || p.HTTPGet.Path != "/health" {
			t.Errorf("readinessProbe %+v", p)
		}
		if env := environmentOf(c); env["WSHEALTHZ_LISTEN"] != ":10101" || env["GOMEMLIMIT"] != "32MiB" {
			t.Errorf("environment %v, want LISTEN on all addresses and GOMEMLIMIT", env)
		}
		if _, limited := c.Resources.Limits[corev1.ResourceCPU]; limited || c.Resources.Limits.Memory().String() != "64Mi" ||
			c.Resources.Requests.Cpu().String() != "5m" || c.Resources.Requests.Memory().String() != "16Mi" {
			t.Errorf("resources %v", c.Resources)
		}
		plain := podSpec(t, h, minimal+"  kind: plain")
		if len(plain.InitContainers) != 0 || len(plain.Containers) != 2 || plain.Containers[1].RestartPolicy != nil {
			t.Errorf("kind plain makes %+v", plain)
		}
	})
}

// TestSecretMounts checks that Secrets are mounted readable and as whole directories, so that updates reach the container.
func TestSecretMounts(t *testing.T) {
	spec := podSpec(t, helms(t)[0], strings.Replace(minimal, "ws://", "wss://", 1)+"  headersSecret: h\n  tls: {caSecret: ca, certSecret: c}\n  serve: {secret: s}")
	if len(spec.Volumes) != 4 {
		t.Fatalf("volumes %v, want 4", spec.Volumes)
	}
	for _, v := range spec.Volumes {
		if v.Secret == nil || *v.Secret.DefaultMode != 0o444 {
			t.Errorf("volume %s is %+v, want a Secret of mode 0444", v.Name, v.VolumeSource)
		}
	}
	for _, mount := range spec.InitContainers[0].VolumeMounts {
		if mount.SubPath != "" || !mount.ReadOnly {
			t.Errorf("mount %+v, want a read-only one without subPath, which is never updated", mount)
		}
	}
}

// TestSecondBlock checks that the templates validate a block that no schema covers, and take its maps whole.
func TestSecondBlock(t *testing.T) {
	second := func(over string) string {
		return merged(t, minimal, "second: {enabled: true, name: feed, port: 10201, adminPort: 10202, image: {repository: r}, target: 'ws://localhost:8888/'}\n"+over)
	}
	for over, want := range map[string]string{
		"{second: {kind: Native}}":                         "must be native or plain",
		"{second: {enabled: 'false'}}":                     "must be true or false",
		"{second: {port: 70000}}":                          "must be 1 to 65535",
		"{second: {taget: a}}":                             "unknown value wshealthz.taget",
		"{second: {image: {repo: a}}}":                     "unknown value wshealthz.image.repo,",
		"{second: {readinessProbe: {httpGet: {host: x}}}}": "unknown value wshealthz.readinessProbe.httpGet",
		"{second: {drain: {mode: Sleep}}}":                 "wshealthz.drain.mode is Sleep, must be none, sleep or informed",
		"{second: {drain: {appStopSeconds: 0}}}":           "wshealthz.drain.appStopSeconds is 0, must be a whole number of seconds from 1 to 86400",
		"{second: {drain: {marginSeconds: 2.5}}}":          "wshealthz.drain.marginSeconds is 2.5, must be a whole number",
		"{second: {drain: {marginSeconds: 5s}}}":           "wshealthz.drain.marginSeconds is 5s, must be a whole number",
		"{second: {drain: {sleep: 5}}}":                    "unknown value wshealthz.drain.sleep",
		"{second: {image: {repository: null}}}":            "wshealthz.image.repository is empty",
	} {
		base := second("")
		if _, err := render(t, helms(t)[0], pod(t), options{values: merged(t, base, over)}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\ngot  %v\nwant an error with %q", over, err, want)
		}
	}
	spec := podSpec(t, helms(t)[0], merged(t, second(""), "{second: {resources: {}, securityContext: {}, readinessProbe: {timeoutSeconds: 9}}}"))
	if c := spec.InitContainers[1]; c.Resources.Limits != nil || c.SecurityContext != nil || c.ReadinessProbe.PeriodSeconds != 0 || c.ReadinessProbe.TimeoutSeconds != 9 {
		t.Errorf("the second sidecar is %+v, want its maps unchanged", c)
	}
}

// TestEnvironmentOrder checks that extraEnv comes first: Kubernetes expands only variables that come before a value.
func TestEnvironmentOrder(t *testing.T) {
	env := podSpec(t, helms(t)[0], minimal+"  address: $(POD_IP)\n  expect: a$\n  extraEnv: [{name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]\n").InitContainers[0].Env
	if env[0].Name != "POD_IP" {
		t.Errorf("the first variable is %s, want POD_IP", env[0].Name)
	}
	for _, e := range env {
		if e.Name == "WSHEALTHZ_EXPECT" && e.Value != "a$$" || e.Name == "WSHEALTHZ_ADDRESS" && e.Value != "$(POD_IP)" {
			t.Errorf("%s is %s", e.Name, e.Value)
		}
	}
}
