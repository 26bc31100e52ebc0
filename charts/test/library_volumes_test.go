package charts

import (
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

const (
	csi       = "{csi: {driver: secrets-store.csi.k8s.io, readOnly: true, volumeAttributes: {secretProviderClass: vault}}}"
	projected = "{projected: {sources: [{configMap: {name: a}}, {clusterTrustBundle: {name: b, path: bundle.pem}}]}}"
)

// TestVolumes checks that certificates, authorities and headers come from any volume, and that each variable names the file.
func TestVolumes(t *testing.T) {
	values := strings.Replace(minimal, "ws://", "wss://", 1) + `  headersVolume: {configMap: {name: h}}
  headersFile: more
  tls: {caVolume: ` + projected + `, caFile: bundle.pem, certVolume: {name: own}, certFile: client/a.pem, keyFile: client/a.key}
  serve: {volume: ` + csi + `, certFile: cert, keyFile: cert}
`
	chart := podFiles()
	chart["templates/all.yaml"] = strings.Replace(chart["templates/all.yaml"], "      volumes:\n", "      volumes:\n        - {name: own, emptyDir: {}}\n", 1)
	eachHelm(t, func(t *testing.T, h helm) {
		spec := one[*appsv1.Deployment](t, mustRender(t, h, tempChart(t, chart), options{values: values})).Spec.Template.Spec
		c := spec.InitContainers[0]
		for name, want := range map[string]string{
			"HEADERS_FILE": "headers/more", "TLS_CA_FILE": "ca/bundle.pem", "TLS_CERT_FILE": "client/client/a.pem", "TLS_KEY_FILE": "client/client/a.key",
			"SERVE_CERT_FILE": "serve/cert", "SERVE_KEY_FILE": "serve/cert",
		} {
			if got := environmentOf(c)["WSHEALTHZ_"+name]; got != "/etc/wshealthz/"+want {
				t.Errorf("%s is %s, want /etc/wshealthz/%s", name, got, want)
			}
		}
		source := map[string]corev1.VolumeSource{}
		for _, v := range spec.Volumes {
			source[v.Name] = v.VolumeSource
		}
		if len(source) != 4 || source["wshealthz-headers"].ConfigMap == nil || source["wshealthz-ca"].Projected == nil ||
			source["wshealthz-serve"].CSI.VolumeAttributes["secretProviderClass"] != "vault" {
			t.Errorf("volumes %s", marshal(t, spec.Volumes))
		}
		mounts := map[string]string{}
		for _, m := range c.VolumeMounts {
			mounts[m.MountPath] = m.Name
			if m.SubPath != "" || !m.ReadOnly {
				t.Errorf("mount %+v, want a read-only one without subPath, which is never updated", m)
			}
		}
		if mounts["/etc/wshealthz/client"] != "own" || mounts["/etc/wshealthz/ca"] != "wshealthz-ca" {
			t.Errorf("mounts %v", mounts)
		}
	})
}

// TestServesTLS checks that the readinessProbe's scheme and the annotation follow whatever makes the sidecar serve HTTPS.
func TestServesTLS(t *testing.T) {
	for over, want := range map[string]corev1.URIScheme{
		"{}":                             "",
		"serve: {secret: s}":             corev1.URISchemeHTTPS,
		"serve: {volume: " + csi + "}":   corev1.URISchemeHTTPS,
		"serve: {volume: {name: certs}}": corev1.URISchemeHTTPS,
		"extraEnv: [{name: WSHEALTHZ_SERVE_CERT_FILE, value: /c}, {name: WSHEALTHZ_SERVE_KEY_FILE, value: /k}]": corev1.URISchemeHTTPS,
	} {
		chart := podFiles()
		chart["templates/all.yaml"] = strings.Replace(chart["templates/all.yaml"], "      volumes:\n", "      volumes:\n        - {name: certs, emptyDir: {}}\n", 1)
		values := merged(t, minimal, "wshealthz: {probe: {enabled: true, hostname: h}, "+strings.TrimPrefix(over, "{}")+"}")
		objects := mustRender(t, helms(t)[0], tempChart(t, chart), options{values: values})
		if got := sidecarOf(t, objects).ReadinessProbe.HTTPGet.Scheme; got != want {
			t.Errorf("%s: the readinessProbe's scheme is %q, want %q", over, got, want)
		}
		protocol := map[corev1.URIScheme]string{"": "http", corev1.URISchemeHTTPS: "https"}[want]
		if got := one[*corev1.ConfigMap](t, objects).Annotations[agic+"backend-protocol"]; got != protocol {
			t.Errorf("%s: backend-protocol is %s, want %s", over, got, protocol)
		}
	}
}

// TestVolumesRefusals checks that a volume which cannot be meant is refused.
func TestVolumesRefusals(t *testing.T) {
	for over, want := range map[string]string{
		"serve: {secret: s, volume: {configMap: {name: c}}}":               "wshealthz.serve.secret and wshealthz.serve.volume are both set",
		"headersSecret: s, headersVolume: {name: v}":                       "wshealthz.headersSecret and wshealthz.headersVolume are both set",
		"serve: {volume: {configMap: {name: c}, secret: {secretName: s}}}": "wshealthz.serve.volume has configMap and secret, must have one key",
		"serve: {volume: {name: v, csi: {}}}":                              "wshealthz.serve.volume has csi and name, must have one key",
		"tls: {caVolume: {configMap: {name: c}}}":                          "wshealthz.tls needs a wss:// target",
		"serve: {volume: {configMap: {name: c}}, certFile: /etc/c}":        "/serve/certFile",
	} {
		_, err := render(t, helms(t)[0], pod(t), options{values: merged(t, minimal, "wshealthz: {"+over+"}")})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\ngot  %v\nwant an error with %q", over, err, want)
		}
	}
}
