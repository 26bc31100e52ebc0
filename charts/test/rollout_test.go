package charts

import (
	"maps"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func deploymentOf(t *testing.T, h helm, over string) *appsv1.Deployment {
	t.Helper()
	return one[*appsv1.Deployment](t, mustRender(t, h, "websocket-server", options{values: merged(t, on, over)}))
}

// batches returns in how many rounds a Deployment's strategy replaces n pods, as the controller rounds, and how many of them
// are missing meanwhile.
func batches(t *testing.T, d *appsv1.Deployment, n int) (rounds, missing int) {
	t.Helper()
	rolling := d.Spec.Strategy.RollingUpdate
	surge, err := intstr.GetScaledValueFromIntOrPercent(rolling.MaxSurge, n, true)
	if err != nil {
		t.Fatal(err)
	}
	missing, err = intstr.GetScaledValueFromIntOrPercent(rolling.MaxUnavailable, n, false)
	if err != nil {
		t.Fatal(err)
	}
	if surge == 0 && missing == 0 {
		missing = 1
	}
	return (n + surge + missing - 1) / (surge + missing), missing
}

// TestRolloutTime checks that a rollout ends within the 5 minutes of "helm --wait", and loses no pod before a new one is
// there.
func TestRolloutTime(t *testing.T) {
	d := deploymentOf(t, helms(t)[0], "{}")
	const start = 30 // seconds, generous
	for _, n := range []int{1, 2, 3, 4, 5, 20, 21, 200} {
		rounds, missing := batches(t, d, n)
		if seconds := rounds * (int(d.Spec.MinReadySeconds) + start); seconds > 5*60-start || missing > 0 {
			t.Errorf("%d pods: %d rounds take %d seconds and leave out %d pods", n, rounds, seconds, missing)
		}
	}
	if d.Spec.MinReadySeconds != 30 {
		t.Errorf("minReadySeconds is %d, want 30", d.Spec.MinReadySeconds)
	}
}

// TestHostNetworkRolls checks that no new pod has to run on a node next to an old one, whose ports it needs.
func TestHostNetworkRolls(t *testing.T) {
	for _, over := range []string{"{}", "wshealthz: {enabled: false, probe: {enabled: false}}"} {
		d := deploymentOf(t, helms(t)[0], merged(t, "hostNetwork: true\nwshealthz: {port: 10201, adminPort: 10202}", over))
		if d.Spec.Strategy.RollingUpdate.MaxSurge.String() != "0" {
			t.Errorf("%s: maxSurge is %s, want 0", over, d.Spec.Strategy.RollingUpdate.MaxSurge)
		}
		for _, n := range []int{1, 2, 3, 20} {
			if rounds, missing := batches(t, d, n); missing < 1 || rounds > n {
				t.Errorf("%s: %d pods take %d rounds with %d missing", over, n, rounds, missing)
			}
		}
	}
}

// TestRolloutValues checks that each value arrives, 0 among them.
func TestRolloutValues(t *testing.T) {
	for over, ok := range map[string]func(s appsv1.DeploymentSpec) bool{
		"minReadySeconds: 0, progressDeadlineSeconds: 1200": func(s appsv1.DeploymentSpec) bool {
			return s.MinReadySeconds == 0 && *s.ProgressDeadlineSeconds == 1200
		},
		"minReadySeconds: 90, replicaCount: 0": func(s appsv1.DeploymentSpec) bool { return s.MinReadySeconds == 90 && *s.Replicas == 0 },
		"replicaCount: ''":                     func(s appsv1.DeploymentSpec) bool { return s.Replicas == nil },
		"replicaCount: 1000000":                func(s appsv1.DeploymentSpec) bool { return *s.Replicas == 1000000 },
		"strategy: {rollingUpdate: {maxSurge: 100%}}": func(s appsv1.DeploymentSpec) bool {
			return s.Strategy.RollingUpdate.MaxSurge.String() == "100%" && s.Strategy.RollingUpdate.MaxUnavailable.String() == "0"
		},
		"strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}": func(s appsv1.DeploymentSpec) bool {
			return s.Strategy.Type == appsv1.RollingUpdateDeploymentStrategyType && s.Strategy.RollingUpdate.MaxSurge.String() == "0" && s.Strategy.RollingUpdate.MaxUnavailable.String() == "1"
		},
		"strategy: {type: Recreate}": func(s appsv1.DeploymentSpec) bool {
			return s.Strategy.Type == appsv1.RecreateDeploymentStrategyType && s.Strategy.RollingUpdate == nil && s.MinReadySeconds == 30
		},
		"wshealthz: {probe: {enabled: false}}": func(s appsv1.DeploymentSpec) bool {
			return s.MinReadySeconds == 0 && s.Strategy == appsv1.DeploymentStrategy{} && s.ProgressDeadlineSeconds == nil
		},
	} {
		eachHelm(t, func(t *testing.T, h helm) {
			if d := deploymentOf(t, h, "{"+over+"}"); !ok(d.Spec) {
				d.Spec.Template = corev1.PodTemplateSpec{}
				t.Errorf("%s makes\n%s", over, marshal(t, d.Spec))
			}
		})
	}
}

// TestStatefulSet checks that a StatefulSet has what the Deployment has, drain hooks among it, and its own fields.
func TestStatefulSet(t *testing.T) {
	const values = `kind: StatefulSet
volumeMounts: [{name: data, mountPath: /data}]
statefulSet: {volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}], persistentVolumeClaimRetentionPolicy: {whenScaled: Delete}}
strategy: {rollingUpdate: {partition: 0}}
`
	eachHelm(t, func(t *testing.T, h helm) {
		objects := mustRender(t, h, "websocket-server", options{values: merged(t, on, values)})
		s := one[*appsv1.StatefulSet](t, objects).Spec
		if *s.Replicas != 2 || s.MinReadySeconds != 30 || s.PodManagementPolicy != appsv1.ParallelPodManagement || *s.UpdateStrategy.RollingUpdate.Partition != 0 ||
			len(s.VolumeClaimTemplates) != 1 || s.PersistentVolumeClaimRetentionPolicy.WhenScaled != appsv1.DeletePersistentVolumeClaimRetentionPolicyType {
			t.Errorf("the spec is %+v", s)
		}
		deployment := deploymentOf(t, h, "volumeMounts: [{name: data, mountPath: /data}]\nextraVolumes: [{name: data, emptyDir: {}}]").Spec.Template
		deployment.Spec.Volumes = nil
		if got, want := marshal(t, s.Template), marshal(t, deployment); got != want {
			t.Errorf("the pods are\n%s\nthe Deployment's are\n%s", got, want)
		}
		governing := s.ServiceName
		for _, service := range all[*corev1.Service](objects) {
			if service.Name == governing && (service.Spec.ClusterIP != "None" || !maps.Equal(service.Spec.Selector, s.Selector.MatchLabels)) {
				t.Errorf("the governing Service is %+v", service.Spec)
			}
		}
		if n := len(all[*corev1.Service](objects)); n != 2 || governing != "demo-websocket-server-headless" {
			t.Errorf("%d Services, and serviceName %s", n, governing)
		}
		own := mustRender(t, h, "websocket-server", options{values: merged(t, on, "kind: StatefulSet\nstatefulSet: {serviceName: mine, podManagementPolicy: OrderedReady}")})
		if got := one[*appsv1.StatefulSet](t, own).Spec; got.ServiceName != "mine" || got.PodManagementPolicy != appsv1.OrderedReadyPodManagement || len(all[*corev1.Service](own)) != 1 {
			t.Errorf("with a Service of one's own: %s and %v", got.ServiceName, own)
		}
	})
	for _, release := range []string{"demo", strings.Repeat("r", 53)} {
		objects := mustRender(t, helms(t)[0], "websocket-server", options{release: release, values: merged(t, on, "kind: StatefulSet")})
		if name := one[*appsv1.StatefulSet](t, objects).Name; len(name) > 52 {
			t.Errorf("the name %s has %d characters, and its pods' label controller-revision-hash 11 more, want at most 63", name, len(name))
		}
	}
}

// TestAutoscaling checks that a HorizontalPodAutoscaler owns the number of replicas, and looks at the server's container
// alone.
func TestAutoscaling(t *testing.T) {
	const requests = "resources: {requests: {cpu: 100m}}\n"
	eachHelm(t, func(t *testing.T, h helm) {
		for _, kind := range []string{"Deployment", "StatefulSet"} {
			objects := mustRender(t, h, "websocket-server", options{values: merged(t, on, requests+"kind: "+kind+"\nautoscaling: {enabled: true, maxReplicas: 30, minReplicas: 0, behavior: {scaleDown: {stabilizationWindowSeconds: 0}}}")})
			hpa := one[*autoscalingv2.HorizontalPodAutoscaler](t, objects).Spec
			m := hpa.Metrics[0].ContainerResource
			if hpa.ScaleTargetRef.Kind != kind || hpa.ScaleTargetRef.Name != "demo-websocket-server" || *hpa.MinReplicas != 0 || hpa.MaxReplicas != 30 ||
				m.Container != "websocket-server" || *m.Target.AverageUtilization != 80 || *hpa.Behavior.ScaleDown.StabilizationWindowSeconds != 0 {
				t.Errorf("the autoscaler is\n%s", marshal(t, hpa))
			}
			for _, d := range all[*appsv1.Deployment](objects) {
				if d.Spec.Replicas != nil {
					t.Errorf("replicas is %d, want none", *d.Spec.Replicas)
				}
			}
			for _, s := range all[*appsv1.StatefulSet](objects) {
				if s.Spec.Replicas != nil {
					t.Errorf("replicas is %d, want none", *s.Spec.Replicas)
				}
			}
		}
	})
	external := "autoscaling: {enabled: true, metrics: [{type: External, external: {metric: {name: m}, target: {type: Value, value: '1'}}}]}"
	objects := mustRender(t, helms(t)[0], "websocket-server", options{values: merged(t, on, external)})
	if got := one[*autoscalingv2.HorizontalPodAutoscaler](t, objects).Spec.Metrics; len(got) != 1 || got[0].External == nil {
		t.Errorf("metrics %+v", got)
	}
}

// TestDisruptionBudget checks that 0 stays 0, wherever it is written: it forbids every drain of a node.
func TestDisruptionBudget(t *testing.T) {
	for over, want := range map[string]string{
		"{}":                                    "max 1",
		"maxUnavailable: 0":                     "max 0",
		"maxUnavailable: 25%":                   "max 25%",
		"minAvailable: 0":                       "min 0",
		"minAvailable: 1, maxUnavailable: 0":    "min 1",
		"minAvailable: '', maxUnavailable: 0":   "max 0",
		"minAvailable: null, maxUnavailable: 2": "max 2",
	} {
		eachHelm(t, func(t *testing.T, h helm) {
			budget := "podDisruptionBudget: {enabled: true, " + strings.Trim(over, "{}") + "}"
			for place, objects := range map[string][]object{
				"-f":          mustRender(t, h, "websocket-server", options{values: merged(t, on, budget)}),
				"an umbrella": mustRender(t, h, umbrella(t, "web: "+webOn+", "+budget+"}", "{name: websocket-server, alias: web}"), options{}),
			} {
				spec, got := one[*policyv1.PodDisruptionBudget](t, objects).Spec, ""
				if spec.MinAvailable != nil {
					got += "min " + spec.MinAvailable.String()
				}
				if spec.MaxUnavailable != nil {
					got += "max " + spec.MaxUnavailable.String()
				}
				if got != want {
					t.Errorf("%s in %s: %s, want %s", over, place, got, want)
				}
			}
		})
	}
}
