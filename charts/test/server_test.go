package charts

import (
	"os"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"
)

// merged is values with over's laid on top, map by map.
func merged(t *testing.T, values, over string) string {
	t.Helper()
	var base, top map[string]any
	for text, to := range map[string]*map[string]any{values: &base, over: &top} {
		if err := yaml.UnmarshalStrict([]byte(text), to); err != nil {
			t.Fatal(err)
		}
	}
	out, err := yaml.Marshal(lay(base, top))
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func lay(base, top map[string]any) map[string]any {
	if base == nil {
		base = map[string]any{}
	}
	for key, value := range top {
		inner, isMap := value.(map[string]any)
		if under, both := base[key].(map[string]any); isMap && both {
			value = lay(under, inner)
		}
		base[key] = value
	}
	return base
}

// TestToggleOff: with the toggle off the chart is what it was before it had one, to the byte. The golden files were made by
// the chart without the sidecar; nothing but a change of that chart itself may touch them.
func TestToggleOff(t *testing.T) {
	for _, name := range []string{"off", "off-all", "off-agc"} {
		eachHelm(t, func(t *testing.T, h helm) {
			values, err := os.ReadFile("testdata/values/" + name + ".yaml")
			if err != nil {
				t.Fatal(err)
			}
			text, err := renderText(t, h, "websocket-server", options{values: string(values)})
			if err != nil {
				t.Fatal(err)
			}
			golden(t, "websocket-server-"+name, text)
			invariants(t, decodeStrict(t, text))
		})
	}
}

// TestRefusals: what cannot work is refused in one sentence that names the value to set.
func TestRefusals(t *testing.T) {
	for _, c := range []struct{ over, want string }{
		{"wshealthz: {image: {repository: ''}}", "set wshealthz.image.repository"},
		{"wshealthz: {enabled: false}", "set wshealthz.enabled first"},
		{"wshealthz: {timeout: 4s}", "readinessProbe.timeoutSeconds is 4 seconds, want more than wshealthz.timeout"},
		{"wshealthz: {timeout: 1m}", "readinessProbe.timeoutSeconds is 4 seconds"},
		{"wshealthz: {probe: {timeout: 3}}", "wshealthz.probe.timeout is 3 seconds, want more than wshealthz.timeout, which is 3s"},
		{"wshealthz: {timeout: 0.5m, readinessProbe: {timeoutSeconds: 31}}", "wshealthz.probe.timeout is 5 seconds"},
		{"wshealthz: {timeout: 3}", "timeout"},
		{"wshealthz: {timeout: soon}", "timeout"},
		{"wshealthz: {probe: {interval: 86401}}", "/probe/interval"},
		{"wshealthz: {probe: {unhealthyThreshold: 21}}", "/probe/unhealthyThreshold"},
		{"wshealthz: {probe: {statusCodes: 2xx}}", "/probe/statusCodes"},
		{"wshealthz: {kind: auto}", "/kind"},
		{"wshealthz: {taget: a}", "taget"},
		{"wshealthz: {target: 'http://localhost'}", "/target"},
		{"wshealthz: {adminPort: 10101}", "want two ports"},
		{"wshealthz: {extraEnv: [{name: WSHEALTHZ_TIMEOUT, value: 9s}]}", "extraEnv has WSHEALTHZ_TIMEOUT"},
		{"wshealthz: {livenessProbe: {httpGet: {path: /health, port: 10101}}}", "restart the sidecar for the server's fault"},
		{"wshealthz: {livenessProbe: {tcpSocket: {port: 10101, host: example.com}}}", "want none"},
		{"wshealthz: {readinessProbe: {httpGet: {host: a}}}", "httpGet"},
		{"hostNetwork: true", "set wshealthz.port and wshealthz.adminPort"},
		{"hostNetwork: true\nwshealthz: {port: 10101}", "set wshealthz.port and wshealthz.adminPort"},
		{"gateway: {backendProtocol: https}", "set wshealthz.serve.secret"},
		{"service: {port: 443}", "set wshealthz.serve.secret"},
		{"service: {targetPort: 443}", "set wshealthz.serve.secret"},
		{"wshealthz: {serve: {secret: s}}", "to https, or leave wshealthz.serve.secret empty"},
		{"gateway: {kind: agc}", "set gateway.parentRefs"},
		{"gateway: {kind: nginx}", "/gateway/kind"},
		{"ingress: {hosts: [{paths: [{path: /, pathType: Prefix}]}]}", "probe.hostname is empty"},
		{"networkPolicy: {enabled: true}", "networkPolicy.from"},
		{"networkPolicy: {enabled: true, from: [{podSelector: {}}]}\npodMonitor: {enabled: true}", "networkPolicy.metricsFrom"},
		{"podMonitor: {enabled: true}\nwshealthz: {adminPort: 0}", "wshealthz.adminPort"},
		{"replicas: 2", "replicas"},
		{"wshealthz: {timeout: 0s}", "want more than 0 and at most 60s"},
		{"wshealthz: {timeout: 90s, readinessProbe: {timeoutSeconds: 100}, probe: {timeout: 100}}", "want more than 0 and at most 60s"},
		{"wshealthz: {port: 8888}", "the sidecar's own port 8888"},
		{"wshealthz: {adminPort: 8888}", "the sidecar's own port 8888"},
		{"wshealthz: {target: 'ws://[::1]:10101/'}", "the sidecar's own port 10101"},
		{"wshealthz: {tls: {caSecret: ca}}", "wshealthz.tls is for wss://"},
		{"wshealthz: {livenessProbe: {tcpSocket: {port: 10105}}}", "where the sidecar does not listen"},
		{"wshealthz: {image: {repository: 'registry.example/wshealthz:1.0.0'}}", "without a tag"},
		{"wshealthz: {name: websocket-server}", "want another"},
		{"livenessProbe: {httpGet: {path: /, port: 10101}}", "restart a healthy server"},
		{"ingress: {hosts: [{host: '*.contoso.com'}]}", "want one name that the wildcard covers"},
		{"gateway: {connectionDraining: null}", "connectionDraining"},
		{"ingress: {annotations: null}", "annotations"},
		{"service: {targetPort: null}", "targetPort"},
		{"fullnameOverride: a_b", "/fullnameOverride"},
	} {
		eachHelm(t, func(t *testing.T, h helm) {
			_, err := render(t, h, "websocket-server", options{values: merged(t, on, c.over)})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s\ngives %v\nwant an error with %q", c.over, err, c.want)
			}
		})
	}
}

// TestMatrix: whatever is set together decodes strictly and keeps the invariants.
func TestMatrix(t *testing.T) {
	gateways := []string{
		"{}", "gateway: {kind: none}",
		"gateway: {kind: agc, parentRefs: [{name: g}]}", "gateway: {kind: agc, create: true}",
		"gateway: {backendProtocol: https, trustedRootCertificate: root}\nwshealthz: {serve: {secret: s}, tls: {caSecret: ca}}",
	}
	steps := []string{
		"wshealthz: {enabled: false, probe: {enabled: false}}",
		"wshealthz: {enabled: false, probe: {enabled: false, previous: {appgw.ingress.kubernetes.io/health-probe-status-codes: '200-399,400'}}}",
		"wshealthz: {probe: {enabled: false}}", "wshealthz: {kind: native}", "wshealthz: {kind: plain}",
	}
	others := []string{
		"global: {registry: r}",
		"mesh: istio\npodAnnotations: {traffic.sidecar.istio.io/excludeInboundPorts: '9000'}\nreplicaCount: null",
		"mesh: linkerd\nhostNetwork: true\nwshealthz: {port: 10201, adminPort: 0}\npodDisruptionBudget: {enabled: true}",
		"networkPolicy: {enabled: true, from: [{podSelector: {}}]}\nextraContainers: [{name: a, image: a}]\nextraVolumes: [{name: b, emptyDir: {}}]\nextraInitContainers: [{name: c, image: c}]",
	}
	eachHelm(t, func(t *testing.T, h helm) {
		for _, gateway := range gateways {
			for _, step := range steps {
				for _, other := range others {
					opts := options{values: merged(t, merged(t, merged(t, on, gateway), step), other)}
					text, err := renderText(t, h, "websocket-server", opts)
					if err != nil {
						t.Fatalf("%s\n%v", opts.values, err)
					}
					invariants(t, decodeStrict(t, text))
				}
			}
		}
	})
}

// TestOn: golden files of what the two steps make.
func TestOn(t *testing.T) {
	for name, over := range map[string]string{
		"on":    "{}",
		"https": "gateway: {backendProtocol: https, trustedRootCertificate: root}\nwshealthz: {serve: {secret: serve}, tls: {caSecret: ca}}",
		"agc":   "gateway: {kind: agc, parentRefs: [{name: gateway-01}]}\nwshealthz: {probe: {statusCodes: '200,204-206'}}",
		"all":   "mesh: istio\npodMonitor: {enabled: true, apiVersion: azmonitoring.coreos.com/v1}\nnetworkPolicy: {enabled: true, from: [{ipBlock: {cidr: 10.0.0.0/8}}], metricsFrom: [{podSelector: {}}]}\npodDisruptionBudget: {enabled: true}",
	} {
		eachHelm(t, func(t *testing.T, h helm) {
			text, err := renderText(t, h, "websocket-server", options{values: merged(t, on, over)})
			if err != nil {
				t.Fatal(err)
			}
			golden(t, "websocket-server-"+name, text)
			invariants(t, decodeStrict(t, text))
			if again, _ := renderText(t, h, "websocket-server", options{values: merged(t, on, over)}); again != text {
				t.Errorf("%s renders differently the second time", name)
			}
		})
	}
}

// TestPrevious: the way back carries what made the server pass before, and the first step changes no annotation.
func TestPrevious(t *testing.T) {
	previous := "wshealthz: {probe: {enabled: false, previous: {appgw.ingress.kubernetes.io/health-probe-status-codes: '200-399,400'}}}"
	objects := mustRender(t, helms(t)[0], "websocket-server", options{values: merged(t, on, previous)})
	if got := agicProbeOf(t, objects); got.codes != "200-399,400" || got.port != 8888 {
		t.Errorf("AGIC makes %+v, want the probe of before", got)
	}
	off := one[*networkingv1.Ingress](t, mustRender(t, helms(t)[0], "websocket-server", options{}))
	first := one[*networkingv1.Ingress](t, mustRender(t, helms(t)[0], "websocket-server", options{values: merged(t, on, "wshealthz: {probe: {enabled: false}}")}))
	if len(off.Annotations) != len(first.Annotations) {
		t.Errorf("the first step changes the Ingress from %v to %v", off.Annotations, first.Annotations)
	}
}

// TestMesh: the health port is added to the ports that the mesh leaves alone, and only beside the sidecar.
func TestMesh(t *testing.T) {
	const key = "traffic.sidecar.istio.io/excludeInboundPorts"
	for values, want := range map[string]string{
		merged(t, on, "mesh: istio"):                                    "10101",
		merged(t, on, "mesh: istio\npodAnnotations: {"+key+": '9000'}"): "9000,10101",
		"mesh: istio": "",
	} {
		got := one[*appsv1.Deployment](t, mustRender(t, helms(t)[0], "websocket-server", options{values: values})).Spec.Template.Annotations[key]
		if got != want {
			t.Errorf("%s\n%s is %q, want %q", values, key, got, want)
		}
	}
}

// TestNoSurprises: no template may render differently because of a cluster, a clock or chance.
func TestNoSurprises(t *testing.T) {
	for _, dir := range []string{"wshealthz", "websocket-server", "wshealthz-injector"} {
		files, err := os.ReadDir("../" + dir + "/templates")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile("../" + dir + "/templates/" + file.Name())
			if err != nil {
				t.Fatal(err)
			}
			for _, word := range []string{"lookup", "rand", "genCA", "genSelfSigned", "genPrivateKey", "uuidv4", "now |", "(now)", "htpasswd"} {
				if strings.Contains(string(text), word) {
					t.Errorf("%s/%s uses %s", dir, file.Name(), word)
				}
			}
		}
	}
}
