package charts

import (
	"maps"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// annotationsOf returns the annotations that the library renders into somebody's chart.
func annotationsOf(t *testing.T, values string) map[string]string {
	t.Helper()
	return one[*corev1.ConfigMap](t, mustRender(t, helms(t)[0], pod(t), options{values: values})).Annotations
}

// TestAnnotations checks that the library renders all eight annotations or, with the probe off, those of before.
func TestAnnotations(t *testing.T) {
	eight := map[string]string{
		agic + "backend-protocol": "http", agic + "health-probe-hostname": "h", agic + "health-probe-port": "10101", agic + "health-probe-path": "/health",
		agic + "health-probe-status-codes": "200", agic + "health-probe-interval": "5", agic + "health-probe-timeout": "5", agic + "health-probe-unhealthy-threshold": "2",
	}
	with := func(changes map[string]string) map[string]string {
		changed := maps.Clone(eight)
		maps.Copy(changed, changes)
		return changed
	}
	for over, want := range map[string]map[string]string{
		"{}": nil,
		"wshealthz: {probe: {enabled: true, hostname: h}}":                                                         eight,
		"wshealthz: {target: 'wss://localhost/', serve: {secret: s}, probe: {enabled: true, hostname: h}}":         with(map[string]string{agic + "backend-protocol": "https"}),
		"wshealthz: {port: 1, path: /h, probe: {enabled: true, hostname: h, statusCodes: 204, interval: 9}}":       with(map[string]string{agic + "health-probe-port": "1", agic + "health-probe-path": "/h", agic + "health-probe-status-codes": "204", agic + "health-probe-interval": "9"}),
		"wshealthz: {probe: {previous: {a/b: 1}}}":                                                                 {"a/b": "1"},
		"wshealthz: {probe: {hostname: h, previous: {" + agic + "health-probe-path: /}}}":                          {agic + "health-probe-path": "/", agic + "health-probe-hostname": "h"},
		"wshealthz: {probe: {previous: {" + agic + "health-probe-path: /, " + agic + "health-probe-hostname: i}}}": {agic + "health-probe-path": "/", agic + "health-probe-hostname": "i"},
	} {
		if got := annotationsOf(t, merged(t, minimal, over)); !maps.Equal(got, want) {
			t.Errorf("%s\ngot  %v\nwant %v", over, got, want)
		}
	}
}

// TestAnnotationsRefusals checks that annotations which AGIC would not take as they are meant are refused.
func TestAnnotationsRefusals(t *testing.T) {
	for over, want := range map[string]string{
		"wshealthz: {probe: {enabled: true}}":                                                                              "probe.hostname is empty",
		"wshealthz: {probe: {enabled: true, hostname: '*.a'}}":                                                             "must be a single name",
		"wshealthz: {target: 'wss://localhost/', probe: {enabled: true, hostname: h}}":                                     "the gateway must speak https to the server",
		"wshealthz: {probe: {hostname: h, previous: {" + agic + "health-probe-status-codes: '400'}}}":                      "a health probe without " + agic + "health-probe-path",
		"wshealthz: {probe: {previous: {" + agic + "health-probe-status-codes: '400', " + agic + "health-probe-path: /}}}": "a health probe without " + agic + "health-probe-hostname",
		"wshealthz: {probe: {previous: {" + agic + "backend-protocol: grpc}}}":                                             "~1backend-protocol': 'grpc' does not match",
	} {
		_, err := render(t, helms(t)[0], pod(t), options{values: merged(t, minimal, over)})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\ngot  %v\nwant an error with %q", over, err, want)
		}
	}
}

// TestAnnotationsMerge checks that a chart which hands over annotations of its own has each once, and that the library's
// win.
func TestAnnotationsMerge(t *testing.T) {
	files := podFiles()
	files["templates/all.yaml"] = strings.Replace(files["templates/all.yaml"], `include "wshealthz.annotations" (dict "root" $ "values" .)`, `include "wshealthz.annotations" (dict "root" $ "values" . "annotations" $.Values.mine)`, 1)
	const mine = "mine: {" + agic + "backend-protocol: https, " + agic + "request-timeout: '60', " + agic + "health-probe-path: /mine}\n"
	const root = agic + "appgw-trusted-root-certificate: root"
	eachHelm(t, func(t *testing.T, h helm) {
		chart := tempChart(t, files)
		for over, want := range map[string]map[string]string{
			"wshealthz: {probe: {enabled: true, hostname: h}}":                                                                                                        {"backend-protocol": "http", "request-timeout": "60", "health-probe-path": "/health", "health-probe-port": "10101"},
			"wshealthz: {probe: {hostname: h, previous: {" + agic + "health-probe-path: /previously}}}":                                                               {"backend-protocol": "https", "request-timeout": "60", "health-probe-path": "/previously", "health-probe-port": ""},
			"wshealthz: {target: 'wss://localhost/', serve: {secret: s}, probe: {enabled: true, hostname: h}}\nmine: {" + root + "}":                                  {"backend-hostname": "h", "backend-protocol": "https"},
			"wshealthz: {target: 'wss://localhost/', serve: {secret: s}, probe: {enabled: true, hostname: h}}\nmine: {" + root + ", " + agic + "backend-hostname: m}": {"backend-hostname": "m"},
			"wshealthz: {target: 'wss://localhost/', serve: {secret: s}, probe: {enabled: true, hostname: h}}":                                                        {"backend-hostname": ""},
			"wshealthz: {probe: {enabled: true, hostname: h}}\nmine: {" + root + "}":                                                                                  {"backend-hostname": ""}, // AGIC uses it with https only
			"wshealthz: {enabled: false}\nmine: {" + root + "}":                                                                                                       {"backend-hostname": ""},
			"wshealthz: {enabled: false}": {"backend-protocol": "https", "request-timeout": "60", "health-probe-path": "/mine", "health-probe-port": ""},
		} {
			got := one[*corev1.ConfigMap](t, mustRender(t, h, chart, options{values: merged(t, minimal+mine, over)})).Annotations
			for name, value := range want {
				if got[agic+name] != value {
					t.Errorf("%s: %s is %q, want %q", over, name, got[agic+name], value)
				}
			}
		}
	})
}
