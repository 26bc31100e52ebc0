package charts

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"sigs.k8s.io/yaml"
)

// promtool runs the promtool that .ci/tools/prometheus.mod pins. It is built once, into Go's build cache, and not with
// "go tool", which has no -tags: without remove_all_sd it includes the service discovery of all clouds, one package of which
// takes 2.7 GB of memory to compile.
func promtool(t *testing.T, args ...string) error {
	t.Helper()
	run := []string{"run", "-modfile=../../.ci/tools/prometheus.mod", "-tags=remove_all_sd", "github.com/prometheus/prometheus/cmd/promtool"}
	_, err := output(exec.Command("go", append(run, args...)...))
	return err
}

// promtoolTests runs "promtool test rules" on content.
func promtoolTests(t *testing.T, content any) error {
	t.Helper()
	file := filepath.Join(t.TempDir(), "test.yaml")
	if err := os.WriteFile(file, []byte(marshal(t, content)), 0o666); err != nil {
		t.Fatal(err)
	}
	return promtool(t, "test", "rules", file)
}

// alertRules returns the rules in the plain file.
func alertRules(t *testing.T) (rules []monitoringv1.Rule) {
	t.Helper()
	var spec monitoringv1.PrometheusRuleSpec
	if err := yaml.UnmarshalStrict([]byte(read(t, alertsFile)), &spec); err != nil {
		t.Fatal(err)
	}
	for _, group := range spec.Groups {
		rules = append(rules, group.Rules...)
	}
	return rules
}

// TestAlerts evaluates the alerts on given samples in Prometheus' own engine: testdata/alerts.yaml says when each must fire,
// with which labels and annotations, and when it must not.
func TestAlerts(t *testing.T) {
	if err := promtool(t, "check", "rules", "--lint=all", "--lint-fatal", alertsFile); err != nil {
		t.Error(err)
	}
	if err := promtool(t, "test", "rules", "testdata/alerts.yaml"); err != nil {
		t.Error(err)
	}
	var cases struct {
		Tests []struct {
			AlertRuleTest []struct {
				Alertname string `json:"alertname"`
				ExpAlerts []any  `json:"exp_alerts"`
			} `json:"alert_rule_test"`
		}
	}
	if err := yaml.Unmarshal([]byte(read(t, "testdata/alerts.yaml")), &cases); err != nil {
		t.Fatal(err)
	}
	fires, silent := map[string]bool{}, map[string]bool{}
	for _, test := range cases.Tests {
		for _, c := range test.AlertRuleTest {
			if len(c.ExpAlerts) > 0 {
				fires[c.Alertname] = true
			} else {
				silent[c.Alertname] = true
			}
		}
	}
	for _, rule := range alertRules(t) {
		if !fires[rule.Alert] || !silent[rule.Alert] {
			t.Errorf("%s: tested when firing %t, when silent %t, want both", rule.Alert, fires[rule.Alert], silent[rule.Alert])
		}
		knownMetrics(t, rule.Alert, rule.Expr.String())
		for _, template := range rule.Annotations {
			for _, query := range regexp.MustCompile(`printf "([^"]+)"`).FindAllStringSubmatch(template, -1) {
				knownMetrics(t, rule.Alert, query[1])
			}
		}
		if rule.Labels["severity"] == "" || rule.Annotations["summary"] == "" || !strings.Contains(rule.Annotations["description"], "kubectl --namespace ") {
			t.Errorf("%s has the labels %v and the annotations %v, want a severity, a summary and a description with a command", rule.Alert, rule.Labels, rule.Annotations)
		}
	}
}

// othersMetrics are the metrics that an expression may use in addition to the program's.
var othersMetrics = []string{"ALERTS", "kube_pod_container_status_restarts_total", "kube_pod_init_container_status_restarts_total"}

// knownMetrics fails the test if an expression uses a metric that does not exist. testdata/metrics.txt lists the program's
// own; a test of the program keeps the list up to date.
func knownMetrics(t *testing.T, where, expression string) {
	t.Helper()
	known := append(strings.Fields(read(t, "testdata/metrics.txt")), othersMetrics...)
	named := metricsOf(expression)
	if len(named) == 0 {
		t.Errorf("%s uses no metric: %s", where, expression)
	}
	for _, name := range named {
		if histogram := regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(name, ""); !slices.Contains(known, name) && !slices.Contains(known, histogram) {
			t.Errorf("%s uses the unknown metric %s: %s", where, name, expression)
		}
	}
}

var (
	noNames  = regexp.MustCompile(`"[^"]*"|'[^']*'|\{[^}]*\}|\[[^\]]*\]|\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)`)
	names    = regexp.MustCompile(`[a-zA-Z_:][a-zA-Z0-9_:]*\s*\(?`)
	keywords = []string{"and", "or", "unless", "bool", "offset"}
)

// metricsOf returns the names in an expression that are not functions, keywords or labels.
func metricsOf(expression string) (metrics []string) {
	for _, name := range names.FindAllString(noNames.ReplaceAllString(expression, ""), -1) {
		if name = strings.TrimSpace(name); !strings.HasSuffix(name, "(") && !slices.Contains(keywords, name) {
			metrics = append(metrics, name)
		}
	}
	return metrics
}

func TestMetricsOf(t *testing.T) {
	got := strings.Join(metricsOf(`sum by (a) (rate(b_total{c="d", e=~'f}'}[5m])) > bool 0 and on (g) h == 1 or time() - i unless ignoring(j) k{l!="m"}`), " ")
	if got != "b_total h i k" {
		t.Errorf("got %s, want b_total h i k", got)
	}
}
