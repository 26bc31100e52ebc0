package charts

import (
	"os"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// merged returns values with over on top, map by map.
func merged(t *testing.T, values, over string) string {
	t.Helper()
	var base, top map[string]any
	for text, to := range map[string]*map[string]any{values: &base, over: &top} {
		if err := yaml.UnmarshalStrict([]byte(text), to); err != nil {
			t.Fatal(err)
		}
	}
	out, err := yaml.Marshal(overlay(base, top))
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func overlay(base, top map[string]any) map[string]any {
	if base == nil {
		base = map[string]any{}
	}
	for key, value := range top {
		inner, isMap := value.(map[string]any)
		if under, both := base[key].(map[string]any); isMap && both {
			value = overlay(under, inner)
		}
		base[key] = value
	}
	return base
}

// TestToggleOff checks that without the sidecar the chart renders the same bytes as before it had the toggle. The golden files
// come from that chart; only a change of the chart itself may touch them.
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

// TestMatrix checks that every combination of values decodes strictly and keeps the invariants.
func TestMatrix(t *testing.T) {
	gateways := []string{
		"{}", "gateway: {kind: none}",
		"gateway: {kind: agc, parentRefs: [{name: g}]}", "gateway: {kind: agc, create: true, backendProtocol: https}",
		"gateway: {backendProtocol: https, trustedRootCertificate: root}\nwshealthz: {serve: {secret: s}, tls: {caSecret: ca}}",
	}
	steps := []string{
		"wshealthz: {enabled: false, probe: {enabled: false}}",
		"wshealthz: {enabled: false, probe: {enabled: false, previous: {appgw.ingress.kubernetes.io/health-probe-status-codes: '200-399,400'}}}",
		"wshealthz: {probe: {enabled: false}}", "wshealthz: {kind: native}", "wshealthz: {kind: plain}",
	}
	others := []string{
		"global: {imageRegistry: r, imagePullSecrets: [s]}\nkind: StatefulSet\nautoscaling: {enabled: true, metrics: [{type: Resource}]}\nwshealthz: {drain: {mode: informed, sessionSeconds: 60}}",
		"mesh: istio\npodAnnotations: {traffic.sidecar.istio.io/excludeInboundPorts: '9000'}\nreplicaCount: null",
		"mesh: linkerd\nhostNetwork: true\nwshealthz: {port: 10201, adminPort: 0, drain: {mode: none}}\npodDisruptionBudget: {enabled: true}",
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

// TestOn compares both steps with golden files.
func TestOn(t *testing.T) {
	for name, over := range map[string]string{
		"on":        "{}",
		"https":     "gateway: {backendProtocol: https, trustedRootCertificate: root}\nwshealthz: {serve: {secret: serve}, tls: {caSecret: ca}}",
		"agc-https": "gateway: {kind: agc, parentRefs: [{name: gateway-01}], backendProtocol: https}\nwshealthz: {tls: {caSecret: ca, certSecret: client}}",
		"agc":       "gateway: {kind: agc, parentRefs: [{name: gateway-01}]}\nwshealthz: {probe: {statusCodes: '200,204-206'}}",
		"all":       "mesh: istio\npodMonitor: {enabled: true, apiVersion: azmonitoring.coreos.com/v1}\nnetworkPolicy: {enabled: true, from: [{ipBlock: {cidr: 10.0.0.0/8}}], metricsFrom: [{podSelector: {}}]}\npodDisruptionBudget: {enabled: true}",
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

// TestNoSurprises checks that no template depends on a cluster, a clock or chance.
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
