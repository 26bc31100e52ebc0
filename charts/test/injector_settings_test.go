package charts

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// injectedSettings are annotations, the variable that one of them sets and its value, or the reason to leave the pod alone.
var injectedSettings = []struct{ annotations, variable, want, reason string }{
	{"{}", "CHECK", "handshake", ""},
	{"{check: ping}", "CHECK", "ping", ""},
	{"{check: pong}", "", "", "wshealthz/check must be one of handshake, ping, graphql-transport-ws"},
	{"{check: Ping}", "", "", "wshealthz/check must be one of"},
	{"{check: ''}", "", "", "wshealthz/check must be one of"},

	{"{origin: same}", "ORIGIN", "same", ""},
	{"{origin: 'https://ws.contoso.com'}", "ORIGIN", "https://ws.contoso.com", ""},
	{"{origin: 'file://'}", "ORIGIN", "file://", ""},
	{"{origin: 'https://$(HOST)'}", "ORIGIN", "https://$$(HOST)", ""},
	{"{origin: ''}", "ORIGIN", "", ""},
	{"{origin: ws.contoso.com}", "", "", "wshealthz/origin must be scheme://host[:port]"},
	{"{origin: 'https://'}", "", "", "wshealthz/origin must be"},
	{"{origin: '://a'}", "", "", "wshealthz/origin must be"},
	{"{origin: 'https://ws.contoso.com/'}", "", "", "wshealthz/origin must be"},

	{"{host: 'ws.contoso.com:8443'}", "HOST", "ws.contoso.com:8443", ""},
	{"{host: ws.contoso.com/ws}", "", "", "wshealthz/host must be a host"},
	{"{host: 'a b'}", "", "", "wshealthz/host must be a host"},
	{"{host: ':'}", "", "", "wshealthz/host must be a host"},

	{"{subprotocols: mqtt}", "SUBPROTOCOLS", "mqtt", ""},
	{"{subprotocols: 'v12.stomp, v11.stomp'}", "SUBPROTOCOLS", "v12.stomp, v11.stomp", ""},
	{"{subprotocols: 'a,'}", "", "", "wshealthz/subprotocols must be comma-separated names"},
	{"{subprotocols: 'a b'}", "", "", "wshealthz/subprotocols must be"},
	{"{subprotocols: 'a,b,a'}", "", "", "wshealthz/subprotocols must be"},

	{"{timeout: 500ms}", "TIMEOUT", "500ms", ""},
	{"{timeout: 1m}", "TIMEOUT", "1m", ""},
	{"{timeout: 1.5s}", "TIMEOUT", "1.5s", ""},
	{"{timeout: '5'}", "", "", "wshealthz/timeout must be a duration"},
	{"{timeout: 0s}", "", "", "wshealthz/timeout must be a duration"},
	{"{timeout: 61s}", "", "", "wshealthz/timeout must be a duration"},
	{"{timeout: -3s}", "", "", "wshealthz/timeout must be a duration"},
	{"{timeout: 9999999999h}", "", "", "wshealthz/timeout must be a duration"},
	{"{timeout: ''}", "", "", "wshealthz/timeout must be a duration"},

	{"{drain: informed}", "", "", "wshealthz/drain must be none or sleep"},

	{"{headers-secret: ws-headers}", "HEADERS_FILE", "/etc/wshealthz/headers/headers", ""},
	{"{headers-secret: WS}", "", "", "wshealthz/headers-secret must be the name of a Secret"},
	{"{headers-secret: ''}", "HEADERS_FILE", "", ""},

	{"{target: 'wss://localhost', tls-skip-verify: 'true'}", "TLS_SKIP_VERIFY", "true", ""},
	{"{target: 'wss://localhost', tls-skip-verify: 'false'}", "TLS_SKIP_VERIFY", "", ""},
	{"{target: 'wss://localhost', tls-skip-verify: yes please}", "", "", "wshealthz/tls-skip-verify must be true or false"},
	{"{target: 'wss://localhost', tls-ca-secret: ca, tls-server-name: ws.contoso.com}", "TLS_CA_FILE", "/etc/wshealthz/ca/ca.crt", ""},
	{"{target: 'wss://localhost', tls-ca-secret: ca, tls-server-name: ws.contoso.com}", "TLS_SERVER_NAME", "ws.contoso.com", ""},
	{"{target: 'wss://localhost', tls-server-name: '::1'}", "TLS_SERVER_NAME", "::1", ""},
	{"{target: 'wss://localhost', tls-server-name: 'a:1'}", "", "", "wshealthz/tls-server-name must be a host name or an IP address"},
	{"{target: 'wss://localhost', tls-ca-secret: a_b}", "", "", "wshealthz/tls-ca-secret must be the name of a Secret"},
	{"{target: 'wss://localhost', tls-ca-secret: ca, tls-skip-verify: 'true'}", "", "", "wshealthz/tls-skip-verify must be false with"},
	{"{tls-ca-secret: ca}", "", "", "the annotations wshealthz/tls-* need a wss:// target"},
	{"{tls-skip-verify: 'true'}", "", "", "the annotations wshealthz/tls-* need a wss:// target"},
	{"{tls-skip-verify: 'false'}", "TLS_SKIP_VERIFY", "", ""},

	{"{orgin: same}", "", "", "unknown annotation wshealthz/orgin, did you mean wshealthz/origin?"},
	{"{headersSecret: a}", "", "", "unknown annotation wshealthz/headersSecret, did you mean wshealthz/headers-secret?"},
	{"{sub_protocols: a}", "", "", "unknown annotation wshealthz/sub_protocols, did you mean wshealthz/subprotocols?"},
	{"{targetPort: '1'}", "", "", "unknown annotation wshealthz/targetPort, did you mean wshealthz/target-port?"},
	{"{tls-verify: 'false'}", "", "", "did you mean wshealthz/tls-ca-secret or wshealthz/tls-server-name or wshealthz/tls-skip-verify?"},
	{"{url: a}", "", "", "unknown annotation wshealthz/url, must be one of target, target-port, check"},
}

// TestInjectedSettings checks what each annotation sets, and which of its values leave the pod alone because the program would
// refuse them.
func TestInjectedSettings(t *testing.T) {
	for _, c := range injectedSettings {
		over := "metadata: {annotations: {example.com/wshealthz: '1'"
		for name, value := range settingsIn(t, c.annotations) {
			over += fmt.Sprintf(", wshealthz/%s: %q", name, value)
		}
		pod, warning := newInjector(t, "{}").created(t, merged(t, onePort, over+"}}"))
		wantInjected(t, pod, warning, c.reason, c.annotations)
		if sidecar := sidecarOfPod(pod); sidecar != nil && environmentOf(*sidecar)["WSHEALTHZ_"+c.variable] != c.want {
			t.Errorf("%s makes %v, want %s=%s", c.annotations, environmentOf(*sidecar), c.variable, c.want)
		}
	}
}

func settingsIn(t *testing.T, text string) (annotations map[string]string) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(text), &annotations); err != nil {
		t.Fatal(err)
	}
	return annotations
}

// TestInjectedProbe checks that the kubelet does not give up before a verdict.
func TestInjectedProbe(t *testing.T) {
	for timeout, want := range map[string]int32{"1ms": 4, "3s": 4, "3999ms": 4, "4s": 5, "4.5s": 5, "1m": 61} {
		pod, _ := newInjector(t, "{}").created(t, merged(t, onePort, "metadata: {annotations: {wshealthz/timeout: "+timeout+"}}"))
		if got := sidecarOfPod(pod).ReadinessProbe.TimeoutSeconds; got != want {
			t.Errorf("timeout %s makes timeoutSeconds %d, want %d", timeout, got, want)
		}
	}
}

// TestInjectedSecrets checks the volumes of a pod that names Secrets, and that no volume of its own is taken for one of them.
func TestInjectedSecrets(t *testing.T) {
	const annotations = "metadata: {annotations: {wshealthz/target: 'wss://localhost', wshealthz/headers-secret: h, wshealthz/tls-ca-secret: c}}\n"
	for over, want := range map[string]int{annotations: 2, annotations + "spec: {volumes: [{name: data, emptyDir: {}}]}": 3} {
		pod, warning := newInjector(t, "{}").created(t, merged(t, onePort, over))
		wantInjected(t, pod, warning, "", over)
		found := map[string]*corev1.SecretVolumeSource{}
		for _, v := range pod.Spec.Volumes {
			found[v.Name] = v.Secret
		}
		headers, ca := found["wshealthz-headers"], found["wshealthz-ca"]
		if len(found) != want || headers == nil || headers.SecretName != "h" || ca == nil || ca.SecretName != "c" || *ca.DefaultMode != 0o444 {
			t.Errorf("%s makes the volumes %+v", over, pod.Spec.Volumes)
		}
		if mounts := sidecarOfPod(pod).VolumeMounts; len(mounts) != 2 || mounts[0].MountPath != "/etc/wshealthz/headers" || !mounts[1].ReadOnly {
			t.Errorf("%s makes the mounts %+v", over, mounts)
		}
	}
	for name, annotation := range map[string]string{"wshealthz-headers": "wshealthz/headers-secret", "wshealthz-ca": "wshealthz/tls-ca-secret"} {
		taken := "spec: {volumes: [{name: " + name + ", emptyDir: {}}]}"
		pod, warning := newInjector(t, "{}").created(t, merged(t, onePort, annotations+taken))
		wantInjected(t, pod, warning, "it has a volume named "+name+", which "+annotation+" needs", taken)
		pod, warning = newInjector(t, "{}").created(t, merged(t, onePort, taken))
		wantInjected(t, pod, warning, "", taken)
	}
}

// TestInjectedDefaults checks that values hold for pods without the annotation, and only where the program takes them.
func TestInjectedDefaults(t *testing.T) {
	const values = "wshealthz: {origin: 'https://$(HOST)', subprotocols: [a, b], timeout: 2s, tls: {skipVerify: true}, extraEnv: [{name: HOST, value: h}, {name: WSHEALTHZ_HOST, value: x}]}"
	for over, want := range map[string]string{
		"{}": "https://$(HOST) a,b 2s  x",
		"metadata: {annotations: {wshealthz/target: 'wss://localhost'}}":                                     "https://$(HOST) a,b 2s true x",
		"metadata: {annotations: {wshealthz/target: 'wss://localhost', wshealthz/tls-server-name: a}}":       "https://$(HOST) a,b 2s  x",
		"metadata: {annotations: {wshealthz/origin: '', wshealthz/subprotocols: c, wshealthz/timeout: 1s}}":  " c 1s  x",
		"metadata: {annotations: {wshealthz/origin: same, wshealthz/subprotocols: '', wshealthz/host: 'y'}}": "same  2s  y",
	} {
		pod, warning := newInjector(t, values).created(t, merged(t, onePort, over))
		wantInjected(t, pod, warning, "", over)
		env := environmentOf(*sidecarOfPod(pod))
		got := fmt.Sprint(env["WSHEALTHZ_ORIGIN"], " ", env["WSHEALTHZ_SUBPROTOCOLS"], " ", env["WSHEALTHZ_TIMEOUT"], " ", env["WSHEALTHZ_TLS_SKIP_VERIFY"], " ", env["WSHEALTHZ_HOST"])
		if got != want {
			t.Errorf("%s\ngot  %s\nwant %s", over, got, want)
		}
	}
	for values, checks := range map[string]string{
		"wshealthz: {expect: hello}":             "handshake, mqtt",
		"wshealthz: {send: a, check: mqtt}":      "mqtt",
		"wshealthz: {send: a, expect: b}":        "handshake, mqtt",
		"wshealthz: {drain: {marginSeconds: 6}}": "handshake, ping, mqtt",
	} {
		for _, check := range []string{"handshake", "ping", "mqtt"} {
			reason := "wshealthz/check must be one of"
			if strings.Contains(checks, check) {
				reason = ""
			}
			pod, warning := newInjector(t, values).created(t, merged(t, onePort, "metadata: {annotations: {wshealthz/check: "+check+"}}"))
			wantInjected(t, pod, warning, reason, values+" with "+check)
		}
	}
}
