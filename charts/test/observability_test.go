package charts

import (
	"os"
	"strings"
	"testing"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

const (
	alertsFile    = "../wshealthz/alerts/wshealthz.yaml"
	dashboardFile = "../wshealthz/dashboards/wshealthz.json"
	scraped       = "podMonitor: {enabled: true}\n"
)

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestPrometheusRule checks that the object has the groups of the plain file, with Prometheus' own templates intact.
func TestPrometheusRule(t *testing.T) {
	var want monitoringv1.PrometheusRuleSpec
	if err := yaml.UnmarshalStrict([]byte(read(t, alertsFile)), &want); err != nil {
		t.Fatal(err)
	}
	over := scraped + "prometheusRule: {enabled: true, labels: {release: kube-prometheus-stack}}"
	eachHelm(t, func(t *testing.T, h helm) {
		got := one[*monitoringv1.PrometheusRule](t, mustRender(t, h, "websocket-server", options{values: merged(t, on, over)}))
		if a, b := marshal(t, got.Spec), marshal(t, want); a != b || !strings.Contains(a, "{{ $labels.pod }}") {
			t.Errorf("the object has\n%s\nthe file\n%s", a, b)
		}
		if got.Labels["release"] != "kube-prometheus-stack" || got.Labels["app.kubernetes.io/instance"] != "demo" || got.Namespace != "default" {
			t.Errorf("metadata %v", got.ObjectMeta)
		}
	})
}

func marshal(t *testing.T, value any) string {
	t.Helper()
	text, err := yaml.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestDashboardConfigMap checks that the object holds the plain file byte for byte, and has the label that Grafana's sidecar
// looks for.
func TestDashboardConfigMap(t *testing.T) {
	want := read(t, dashboardFile)
	eachHelm(t, func(t *testing.T, h helm) {
		for over, label := range map[string]string{
			"dashboard: {enabled: true}":                                        "1",
			"dashboard: {enabled: true, labels: {grafana_dashboard: 'wanted'}}": "wanted",
		} {
			got := one[*corev1.ConfigMap](t, mustRender(t, h, "websocket-server", options{values: merged(t, on, scraped+over)}))
			if got.Labels["grafana_dashboard"] != label || len(got.Data) != 1 {
				t.Errorf("labels %v and %d files, want grafana_dashboard %q and one file", got.Labels, len(got.Data), label)
			}
			if got.Data["wshealthz.json"] != want {
				t.Errorf("the object's dashboard has %d bytes and differs from the file, which has %d", len(got.Data["wshealthz.json"]), len(want))
			}
		}
	})
}

// TestObservabilityRefusals checks that neither is rendered where it would stay empty.
func TestObservabilityRefusals(t *testing.T) {
	const nothing = ".enabled would show nothing, because nothing scrapes the sidecar (set wshealthz.enabled and podMonitor.enabled)"
	for _, c := range []struct{ over, want string }{
		{"prometheusRule: {enabled: true}", "prometheusRule" + nothing},
		{"dashboard: {enabled: true}", "dashboard" + nothing},
		{"prometheusRule: {enabled: true}\nwshealthz: {enabled: false, probe: {enabled: false}}", "prometheusRule" + nothing},
		{"dashboard: {enabled: true}\nwshealthz: {enabled: false, probe: {enabled: false}}", "dashboard" + nothing},
		{scraped + "prometheusRule: {enabled: true, apiVersion: azmonitoring.coreos.com/v1}", "prometheusRule.apiVersion is azmonitoring.coreos.com/v1, but Azure's managed Prometheus has no PrometheusRule"},
		{scraped + "prometheusRule: {enabled: true, apiVersion: v1}", "/prometheusRule/apiVersion"},
		{scraped + "prometheusRule: {enabled: true, label: {a: b}}", "properties 'label' not allowed"},
		{scraped + "dashboard: {enabled: true, labels: {grafana_dashboard: 1}}", "/dashboard/labels/grafana_dashboard"},
	} {
		eachHelm(t, func(t *testing.T, h helm) {
			_, err := render(t, h, "websocket-server", options{values: merged(t, on, c.over)})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s\ngot  %v\nwant an error with %q", c.over, err, c.want)
			}
		})
	}
}
