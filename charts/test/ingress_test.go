package charts

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
)

func ingressOf(t *testing.T, values string) *networkingv1.Ingress {
	t.Helper()
	return one[*networkingv1.Ingress](t, mustRender(t, helms(t)[0], "websocket-server", options{values: values}))
}

// TestPort443 checks that a port 443 needs no certificate and does not turn the target into wss://.
func TestPort443(t *testing.T) {
	objects := mustRender(t, helms(t)[0], "websocket-server", options{values: merged(t, on, "service: {port: 443, targetPort: 443}")})
	if got := one[*networkingv1.Ingress](t, objects).Annotations[agic+"backend-protocol"]; got != "http" {
		t.Errorf("backend-protocol is %s, want http", got)
	}
	if got := environmentOf(sidecarOf(t, objects))["WSHEALTHZ_TARGET"]; got != "ws://localhost:443/" {
		t.Errorf("the target is %s, want ws://localhost:443/", got)
	}
	https := "service: {targetPort: 443}\ngateway: {backendProtocol: https}\nwshealthz: {serve: {secret: s}}"
	objects = mustRender(t, helms(t)[0], "websocket-server", options{values: merged(t, on, https)})
	if got := environmentOf(sidecarOf(t, objects))["WSHEALTHZ_TARGET"]; got != "wss://localhost:443/" {
		t.Errorf("with https the target is %s, want wss://localhost:443/", got)
	}
}

// TestBackendProtocolAlways checks that the eighth annotation is rendered at every step, and says http unless the values say
// https.
func TestBackendProtocolAlways(t *testing.T) {
	for over, want := range map[string]string{
		"{}":                                   "http",
		"wshealthz: {probe: {enabled: false}}": "http",
		"wshealthz: {enabled: false, probe: {enabled: false}}\nservice: {port: 443}":                        "http",
		"wshealthz: {enabled: false, probe: {enabled: false}}\ngateway: {backendProtocol: https}":           "https",
		"wshealthz: {serve: {secret: s}}\ngateway: {backendProtocol: https}":                                "https",
		"wshealthz: {probe: {enabled: false, previous: {appgw.ingress.kubernetes.io/request-timeout: 60}}}": "http",
	} {
		if got := ingressOf(t, merged(t, on, over)).Annotations[agic+"backend-protocol"]; got != want {
			t.Errorf("%s: backend-protocol is %q, want %s", over, got, want)
		}
	}
}

// TestFirstStep checks that the first step leaves the Ingress as it is.
func TestFirstStep(t *testing.T) {
	off, first := ingressOf(t, ""), ingressOf(t, merged(t, on, "wshealthz: {probe: {enabled: false}}"))
	if !maps.Equal(off.Annotations, first.Annotations) {
		t.Errorf("the first step changes the annotations from %v to %v", off.Annotations, first.Annotations)
	}
}

// TestSecondStep checks that the second step leaves the pods as they are, so that the gateway's configuration changes by the
// annotations only, and that it gives every host and path the same probe.
func TestSecondStep(t *testing.T) {
	hosts := "ingress: {hosts: [{host: a.example, paths: [{path: /ws, pathType: Exact}, {path: /, pathType: Prefix}]}, {paths: [{path: /io, pathType: Prefix}]}]}"
	template := func(over string) corev1.PodTemplateSpec {
		objects := mustRender(t, helms(t)[0], "websocket-server", options{values: merged(t, merged(t, on, hosts), over)})
		if strings.Contains(over, "true") {
			agicBackendIn(t, objects)
		}
		return one[*appsv1.Deployment](t, objects).Spec.Template
	}
	first, second := template("wshealthz: {probe: {enabled: false}}"), template("wshealthz: {probe: {enabled: true}}")
	if !reflect.DeepEqual(first, second) {
		t.Errorf("the second step changes the pods from\n%+v\nto\n%+v", first, second)
	}
}

// TestWayBack checks that the way back has what made the server pass before, with the hostname and path of the server's own
// probe: with status codes alone AGIC may choose another rule's on each sync.
func TestWayBack(t *testing.T) {
	back := merged(t, on, "wshealthz: {probe: {enabled: false, previous: {appgw.ingress.kubernetes.io/health-probe-status-codes: '200-399,400'}}}")
	two := "ingress: {hosts: [{host: a.example, paths: [{path: /ws, pathType: Exact}, {path: /, pathType: Prefix}]}, {host: b.example}]}"
	for over, want := range map[string]struct{ host, path string }{
		"{}":                                    {"ws.contoso.com", "/"},
		two:                                     {"a.example", "/ws"},
		"ingress: {hosts: [{host: a.example}]}": {"a.example", "/"},
		"ingress: {hosts: [{}]}":                {"localhost", "/"},
		"ingress: {hosts: [{host: '*.example'}]}\nwshealthz: {probe: {hostname: b.example}}":                                                                        {"b.example", "/"},
		two + "\nreadinessProbe: {httpGet: {path: /ready, port: 8888}}":                                                                                             {"a.example", "/ready"},
		"livenessProbe: {httpGet: {path: /live, port: 8888}}\nreadinessProbe: {tcpSocket: {port: 8888}}":                                                            {"ws.contoso.com", "/live"},
		"ingress: {annotations: {appgw.ingress.kubernetes.io/backend-hostname: c.example, appgw.ingress.kubernetes.io/backend-path-prefix: /p}}":                    {"c.example", "/p"},
		"wshealthz: {probe: {previous: {appgw.ingress.kubernetes.io/health-probe-hostname: d.example, appgw.ingress.kubernetes.io/health-probe-path: /as-before}}}": {"d.example", "/as-before"},
	} {
		objects := mustRender(t, helms(t)[0], "websocket-server", options{values: merged(t, back, over)})
		annotations := one[*networkingv1.Ingress](t, objects).Annotations
		if host, path := annotations[agic+"health-probe-hostname"], annotations[agic+"health-probe-path"]; host != want.host || path != want.path {
			t.Errorf("%s: hostname %q and path %q, want %s and %s", over, host, path, want.host, want.path)
		}
		if got := agicProbeOf(t, objects); got.codes != "200-399,400" || got.port != 8888 {
			t.Errorf("%s: AGIC makes %+v, want the server's port and codes", over, got)
		}
		if strings.Contains(over, "previous") || strings.Contains(over, "'*") {
			continue // chosen otherwise than AGIC would
		}
		with := agicBackendIn(t, objects)
		delete(annotations, agic+"health-probe-hostname")
		delete(annotations, agic+"health-probe-path")
		if without := agicBackends(t, objects); !slices.Contains(without, with) {
			t.Errorf("%s: the chart's choice makes %+v, and AGIC's own are %+v", over, with, without)
		}
	}
}

// TestPreviousOfOtherKinds checks that annotations that are not a health probe's are left as they are.
func TestPreviousOfOtherKinds(t *testing.T) {
	annotations := ingressOf(t, merged(t, on, "wshealthz: {probe: {enabled: false, previous: {appgw.ingress.kubernetes.io/request-timeout: 60}}}")).Annotations
	if annotations[agic+"request-timeout"] != "60" || annotations[agic+"health-probe-path"] != "" || annotations[agic+"health-probe-hostname"] != "" {
		t.Errorf("annotations %v, want request-timeout 60 and no health probe", annotations)
	}
}

// TestBackendHostname checks that with https and a trusted root certificate the server sees a name as Host, at every step: the
// probe's, unless the user's annotations have one. Without the certificate it sees the Host that users ask for.
func TestBackendHostname(t *testing.T) {
	const name = agic + "backend-hostname"
	root := "gateway: {backendProtocol: https, trustedRootCertificate: root}\nwshealthz: {serve: {secret: s}}"
	for over, want := range map[string]string{
		"{}": "",
		"gateway: {backendProtocol: https}\nwshealthz: {serve: {secret: s}}": "",
		"gateway: {trustedRootCertificate: root}":                            "", // AGIC uses it with https only
		root: "ws.contoso.com",
		merged(t, root, "wshealthz: {probe: {hostname: health.example}}"):                                                                                "health.example",
		merged(t, root, "wshealthz: {probe: {enabled: false}}"):                                                                                          "ws.contoso.com",
		merged(t, root, "wshealthz: {enabled: false, probe: {enabled: false}}"):                                                                          "ws.contoso.com",
		merged(t, root, "ingress: {hosts: [{host: '*.example'}]}\nwshealthz: {probe: {hostname: a.example}}"):                                            "a.example",
		merged(t, root, "ingress: {annotations: {"+name+": given.example}}"):                                                                             "given.example",
		merged(t, root, "ingress: {hosts: [{}], annotations: {"+name+": given.example}}\nwshealthz: {probe: {hostname: a}}"):                             "given.example",
		"gateway: {backendProtocol: https}\ningress: {annotations: {" + agic + "appgw-trusted-root-certificate: root}}\nwshealthz: {serve: {secret: s}}": "ws.contoso.com",
		"gateway: {trustedRootCertificate: root}\ningress: {annotations: {" + agic + "backend-protocol: HTTPS}}\nwshealthz: {serve: {secret: s}}":        "ws.contoso.com",
	} {
		objects := mustRender(t, helms(t)[0], "websocket-server", options{values: merged(t, on, over)})
		if got, is := one[*networkingv1.Ingress](t, objects).Annotations[name]; got != want || is != (want != "") {
			t.Errorf("%s: backend-hostname is %q, want %q", over, got, want)
		}
		if setting := agicBackendIn(t, objects).setting; setting.fromAddress || setting.host != want {
			t.Errorf("%s: AGIC makes the setting %+v, want the Host %q", over, setting, want)
		}
	}
	back := "wshealthz: {probe: {enabled: false, hostname: health.example, previous: {" + agic + "health-probe-status-codes: '400'}}}"
	if got := agicBackendIn(t, mustRender(t, helms(t)[0], "websocket-server", options{values: merged(t, on, merged(t, root, back))})); got.probe.host != "health.example" {
		t.Errorf("on the way back the probe has the host %s, want backend-hostname", got.probe.host)
	}
}
