package charts

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/meta"
)

func onWith(t *testing.T, h helm, over string) []object {
	t.Helper()
	return mustRender(t, h, "websocket-server", options{values: merged(t, on, over)})
}

// TestService checks the ports of the Service, with and without more of them, and the affinity.
func TestService(t *testing.T) {
	eachHelm(t, func(t *testing.T, h helm) {
		if s := one[*corev1.Service](t, onWith(t, h, "{}")).Spec; len(s.Ports) != 1 || s.Ports[0].Name != "" || s.Ports[0].AppProtocol != nil || s.SessionAffinity != "" {
			t.Errorf("by default the Service is %+v", s)
		}
		const over = `service:
  appProtocol: kubernetes.io/ws
  sessionAffinity: ClientIP
  sessionAffinityConfig: {clientIP: {timeoutSeconds: 3600}}
  labels: {team: chat, app.kubernetes.io/name: other}
  extraPorts: [{name: metrics, port: 9000, targetPort: metrics}]
containerPorts: [{name: metrics, containerPort: 9000}]
`
		objects := onWith(t, h, over)
		service := one[*corev1.Service](t, objects)
		s := service.Spec
		if len(s.Ports) != 2 || s.Ports[0].Name != "ws" || *s.Ports[0].AppProtocol != "kubernetes.io/ws" || s.Ports[1].TargetPort.StrVal != "metrics" ||
			s.SessionAffinity != corev1.ServiceAffinityClientIP || *s.SessionAffinityConfig.ClientIP.TimeoutSeconds != 3600 {
			t.Errorf("the Service is\n%s", marshal(t, s))
		}
		if service.Labels["team"] != "chat" || service.Labels["app.kubernetes.io/name"] != "websocket-server" {
			t.Errorf("labels %v, want the chart's own to stay", service.Labels)
		}
		if ports := podTemplateOf(t, objects).Spec.Containers[0].Ports; len(ports) != 2 || ports[1].Name != "metrics" {
			t.Errorf("the container's ports are %+v", ports)
		}
		if s := one[*corev1.Service](t, onWith(t, h, "service: {portName: web}")).Spec; s.Ports[0].Name != "web" {
			t.Errorf("the port is named %q, want web", s.Ports[0].Name)
		}
	})
}

// podTemplateOf returns the pod template of the Deployment or the StatefulSet.
func podTemplateOf(t *testing.T, objects []object) corev1.PodTemplateSpec {
	t.Helper()
	for _, s := range all[*appsv1.StatefulSet](objects) {
		return s.Spec.Template
	}
	return one[*appsv1.Deployment](t, objects).Spec.Template
}

// TestExtraPorts checks that the ports of networkPolicy.extraPorts are open to whom the server's port is.
func TestExtraPorts(t *testing.T) {
	const over = "networkPolicy: {enabled: true, from: [{podSelector: {}}], extraPorts: [{port: 9000, protocol: TCP}, {port: quic, protocol: UDP}]}"
	for _, values := range []string{over, over + "\nwshealthz: {enabled: false, probe: {enabled: false}}"} {
		ports := one[*networkingv1.NetworkPolicy](t, onWith(t, helms(t)[0], values)).Spec.Ingress[0].Ports
		if last := ports[len(ports)-2:]; last[0].Port.IntValue() != 9000 || last[1].Port.StrVal != "quic" || *last[1].Protocol != corev1.ProtocolUDP {
			t.Errorf("%s\nthe ports are %+v", values, ports)
		}
	}
}

// everything makes websocket-server render one object of each of its kinds.
const everything = `podDisruptionBudget: {enabled: true, annotations: {own: podDisruptionBudget}}
networkPolicy: {enabled: true, from: [{podSelector: {}}], metricsFrom: [{podSelector: {}}], annotations: {own: networkPolicy}}
podMonitor: {enabled: true, annotations: {own: podMonitor}}
prometheusRule: {enabled: true, annotations: {own: prometheusRule}}
dashboard: {enabled: true, annotations: {own: dashboard}}
autoscaling: {enabled: true, annotations: {own: autoscaling}}
resources: {requests: {cpu: 100m}}
annotations: {own: workload}
service: {annotations: {own: service}}
`

// TestAnnotationsOfObjects checks that every object can have annotations: those of commonAnnotations, and over them its own.
func TestAnnotationsOfObjects(t *testing.T) {
	const common = "commonAnnotations: {shared: all, own: common}\n"
	for gateway, kinds := range map[string]map[string]string{
		"ingress: {annotations: {own: ingress}}": {"Ingress": "ingress"},
		"gateway: {kind: agc, create: true, annotations: {own: gateway}, routeAnnotations: {own: route}, policyAnnotations: {own: policy}}": {
			"Gateway": "gateway", "HTTPRoute": "route", "HealthCheckPolicy": "policy"},
		"kind: StatefulSet": {"StatefulSet": "workload"},
	} {
		eachHelm(t, func(t *testing.T, h helm) {
			objects := onWith(t, h, merged(t, common+everything, gateway))
			seen := map[string]bool{}
			for _, o := range objects {
				m, err := meta.Accessor(o.value)
				if err != nil {
					t.Fatal(err)
				}
				seen[o.kind] = true
				if m.GetAnnotations()["shared"] != "all" {
					t.Errorf("%s: %s has annotations %v, want the common ones too", gateway, o, m.GetAnnotations())
				}
				if want := kinds[o.kind]; want != "" && m.GetAnnotations()["own"] != want {
					t.Errorf("%s: %s has annotations %v, want own: %s", gateway, o, m.GetAnnotations(), want)
				}
				if own := m.GetAnnotations()["own"]; own == "common" && !strings.HasSuffix(o.name, "-headless") && o.kind != "Ingress" {
					t.Errorf("%s: %s has no annotations of its own", gateway, o)
				}
			}
			for kind := range kinds {
				if !seen[kind] {
					t.Errorf("%s: no %s in %v", gateway, kind, objects)
				}
			}
			if len(seen) < 9 {
				t.Errorf("%s: %d kinds in %v, want one of each", gateway, len(seen), objects)
			}
		})
	}
}

// TestExtraObjects checks that further objects are rendered as templates, from maps and from strings.
func TestExtraObjects(t *testing.T) {
	const over = `extraObjects:
  - {apiVersion: v1, kind: ConfigMap, metadata: {name: '{{ .Release.Name }}-map'}, data: {port: '{{ .Values.service.targetPort }}'}}
  - |
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: {{ include "websocket-server.fullname" . }}-text}
`
	eachHelm(t, func(t *testing.T, h helm) {
		maps := all[*corev1.ConfigMap](onWith(t, h, over))
		if len(maps) != 2 || maps[0].Name != "demo-map" || maps[0].Data["port"] != "8888" || maps[1].Name != "demo-websocket-server-text" {
			t.Errorf("the objects are %+v", maps)
		}
	})
}

// TestServiceAccountToken checks that false is rendered, and that by default the service account decides.
func TestServiceAccountToken(t *testing.T) {
	if got := podTemplateOf(t, onWith(t, helms(t)[0], "automountServiceAccountToken: false")).Spec.AutomountServiceAccountToken; got == nil || *got {
		t.Errorf("automountServiceAccountToken is %v, want false", got)
	}
	if got := podTemplateOf(t, onWith(t, helms(t)[0], "{}")).Spec.AutomountServiceAccountToken; got != nil {
		t.Errorf("automountServiceAccountToken is %v, want none", *got)
	}
}

// TestServeVolume checks that a certificate from a volume does what one from a Secret does: AGIC and the kubelet speak
// https.
func TestServeVolume(t *testing.T) {
	for _, source := range []string{csi, projected, "{name: certs}"} {
		over := "gateway: {backendProtocol: https}\nextraVolumes: [{name: certs, emptyDir: {}}]\nwshealthz: {serve: {volume: " + source + "}, tls: {caVolume: {configMap: {name: ca}}}}"
		objects := onWith(t, helms(t)[0], over)
		if probe := agicProbeOf(t, objects); probe.protocol != "Https" || sidecarOf(t, objects).ReadinessProbe.HTTPGet.Scheme != corev1.URISchemeHTTPS {
			t.Errorf("%s: AGIC's probe is %+v, the kubelet's %+v", source, probe, sidecarOf(t, objects).ReadinessProbe.HTTPGet)
		}
	}
	_, err := render(t, helms(t)[0], "websocket-server", options{values: merged(t, on, "wshealthz: {serve: {volume: "+csi+"}}")})
	if err == nil || !strings.Contains(err.Error(), "makes the sidecar serve HTTPS, but the gateway speaks http") {
		t.Errorf("a volume without https: got %v, want a refusal", err)
	}
	text, err := renderText(t, helms(t)[0], "websocket-server", options{values: merged(t, on, "gateway: {kind: agc, create: true, backendProtocol: https}\nwshealthz: {serve: {volume: "+csi+"}}")})
	if err != nil || !strings.Contains(text, "useTLS: true") {
		t.Errorf("agc: no useTLS in\n%s (%v)", text, err)
	}
}

// TestNumbers checks that no number goes through the function default, which takes 0 for a missing one. Texts may.
func TestNumbers(t *testing.T) {
	files, err := filepath.Glob("../*/templates/*")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d templates (%v)", len(files), err)
	}
	numeric := regexp.MustCompile(`default [0-9]|[sS]econds \| default|Port \| default|[rR]eplicas \| default|(?:min|max)[A-Z]\w+ \| default`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if found := numeric.Find(text); found != nil {
			t.Errorf("%s has %q (use wshealthz.overlay or kindIs \"invalid\")", file, found)
		}
	}
}
