package charts

import (
	"cmp"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
)

// on has the values of websocket-server after both steps.
const on = `
image: {repository: registry.example/server, tag: 1.0.0}
wshealthz:
  enabled: true
  image: {repository: registry.example/wshealthz}
  probe: {enabled: true}
`

// TestGatewayRules checks websocket-server against the rules of Application Gateway and AGIC: whatever else is set, the probe
// that AGIC makes must be wshealthz's.
func TestGatewayRules(t *testing.T) {
	want := agicProbe{protocol: "Http", host: "ws.contoso.com", path: "/health", codes: "200", port: 10101, interval: 5, timeout: 5, bad: 2}
	for _, rule := range []struct {
		name, values string
		want         func(*agicProbe)
	}{
		{"the annotations reach the probe", "", func(*agicProbe) {}},
		{"plain or native, the probe is the same", "wshealthz: {kind: plain}", func(*agicProbe) {}},
		{"the sidecar's port follows", "wshealthz: {port: 10201, adminPort: 10202}", func(p *agicProbe) { p.port = 10201 }},
		{"the path follows", "wshealthz: {path: /ws/health}", func(p *agicProbe) { p.path = "/ws/health" }},
		{"the first rule's host by default", "ingress: {hosts: [{host: a.example, paths: [{path: /, pathType: Prefix}]}, {host: b.example, paths: [{path: /, pathType: Prefix}]}]}",
			func(p *agicProbe) { p.host = "a.example" }},
		{"a given host", "wshealthz: {probe: {hostname: probe.example}}", func(p *agicProbe) { p.host = "probe.example" }},
		{"numbers, not durations", "wshealthz: {probe: {interval: 86400, timeout: 30, unhealthyThreshold: 20, statusCodes: '200,204'}, drain: {mode: none}}",
			func(p *agicProbe) { p.interval, p.timeout, p.bad, p.codes = 86400, 30, 20, "200,204" }},
		{"the server's own probes may stay", "readinessProbe: {httpGet: {path: /ready, port: 8889, scheme: HTTPS}, periodSeconds: 9}\nlivenessProbe: {httpGet: {path: /live, port: 443}}",
			func(*agicProbe) {}},
		{"https is the probe's too", "gateway: {backendProtocol: https}\nwshealthz: {serve: {secret: cert}}", func(p *agicProbe) { p.protocol = "Https" }},
		{"a service port of 443 stays http", "service: {port: 443}", func(*agicProbe) {}},
		{"a target port of 443 stays http", "service: {targetPort: 443}", func(*agicProbe) {}},
		{"443 with https", "service: {port: 443, targetPort: 443}\ngateway: {backendProtocol: https}\nwshealthz: {serve: {secret: cert}}",
			func(p *agicProbe) { p.protocol = "Https" }},
		{"the annotation alone is https", "ingress: {annotations: {appgw.ingress.kubernetes.io/backend-protocol: https}}\nwshealthz: {serve: {secret: cert}}",
			func(p *agicProbe) { p.protocol = "Https" }},
		{"the annotation wins over the value", "gateway: {backendProtocol: https}\ningress: {annotations: {appgw.ingress.kubernetes.io/backend-protocol: HTTP}}",
			func(*agicProbe) {}},
		{"the legacy annotation for the class", "ingress: {className: '', annotations: {kubernetes.io/ingress.class: azure/application-gateway}}", func(*agicProbe) {}},
	} {
		t.Run(rule.name, func(t *testing.T) {
			want := want
			rule.want(&want)
			objects := mustRender(t, helms(t)[0], "websocket-server", options{values: merged(t, on, rule.values)})
			if got := agicProbeOf(t, objects); got != want {
				t.Errorf("AGIC makes %+v, want %+v", got, want)
			}
			agreesWithGateway(t, objects)
		})
	}
}

// agreesWithGateway checks what does not show in the probe itself: what Azure would refuse, and what AGIC would ignore.
func agreesWithGateway(t *testing.T, objects []object) {
	t.Helper()
	ingress := one[*networkingv1.Ingress](t, objects)
	probes := 0
	for name, value := range ingress.Annotations {
		if strings.HasPrefix(name, agic+"health-probe-") && value != "" {
			probes++
		}
	}
	if probes != 7 {
		t.Errorf("%d annotations of the health probe, want all 7", probes)
	}
	for _, name := range []string{"backend-protocol", "connection-draining", "connection-draining-timeout", "request-timeout"} {
		if ingress.Annotations[agic+name] == "" {
			t.Errorf("%s is left to AGIC's default", name)
		}
	}
	backend := agicBackendIn(t, objects)
	if probe, setting := backend.probe.protocol, backend.setting.protocol; probe != setting {
		t.Errorf("the probe speaks %s and the backend setting %s, which Azure refuses", probe, setting)
	}
	if backend.setting.fromAddress {
		t.Error("the server sees its own address as Host, and one that compares Origin with Host refuses users")
	}
	if ingress.Spec.DefaultBackend != nil {
		t.Error("a defaultBackend makes AGIC's probe change from one sync to the next")
	}
	if legacy := ingress.Annotations["kubernetes.io/ingress.class"] != ""; legacy == (ingress.Spec.IngressClassName != nil) {
		t.Errorf("ingressClassName and the annotation for the class: %v and %v, want exactly one", ingress.Spec.IngressClassName != nil, legacy)
	}
	spec := one[*appsv1.Deployment](t, objects).Spec
	if spec.MinReadySeconds != 30 || spec.Strategy.RollingUpdate.MaxUnavailable.IntValue() != 0 || spec.Strategy.RollingUpdate.MaxSurge.String() != "25%" {
		t.Errorf("the rollout has minReadySeconds %d and %v, want 30, maxUnavailable 0 and maxSurge 25%%", spec.MinReadySeconds, spec.Strategy.RollingUpdate)
	}
	scheme := corev1.URISchemeHTTP
	if backend.probe.protocol == "Https" {
		scheme = corev1.URISchemeHTTPS
	}
	if get := sidecarOf(t, objects).ReadinessProbe.HTTPGet; cmp.Or(get.Scheme, corev1.URISchemeHTTP) != scheme || get.Host != "" {
		t.Errorf("the kubelet probes %+v, want scheme %s and no host", get, scheme)
	}
}

// sidecarOf returns the container wshealthz of the Deployment, native or plain.
func sidecarOf(t *testing.T, objects []object) corev1.Container {
	t.Helper()
	spec := podTemplateOf(t, objects).Spec
	for _, c := range append(spec.InitContainers, spec.Containers...) {
		if c.Name == "wshealthz" {
			return c
		}
	}
	t.Fatal("no container is named wshealthz")
	return corev1.Container{}
}

// environmentOf returns the environment of a container as a map of names to values.
func environmentOf(c corev1.Container) map[string]string {
	values := map[string]string{}
	for _, e := range c.Env {
		values[e.Name] = e.Value
	}
	return values
}
