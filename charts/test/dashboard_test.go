package charts

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// dashboard holds the parts of Grafana's JSON that the tests check.
type dashboard struct {
	UID           string
	SchemaVersion int
	Inputs        any `json:"__inputs"`
	Panels        []panel
	Templating    struct {
		List []struct{ Name, Type, Definition string }
	}
}

type panel struct {
	ID                       int
	Type, Title, Description string
	GridPos                  struct{ X, Y, W, H int }
	Datasource               source
	Targets                  []struct {
		RefID, Expr string
		Datasource  source
	}
}

type source struct{ Type, UID string }

func grafana(t *testing.T) (d dashboard) {
	t.Helper()
	if err := json.Unmarshal([]byte(read(t, dashboardFile)), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// expressions returns the panels' expressions by "title, ref", with the variables filled in.
func (d dashboard) expressions() map[string]string {
	fill := strings.NewReplacer("$namespace", "chat", "$pod", ".*", "$__rate_interval", "2m")
	expressions := map[string]string{}
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			expressions[p.Title+", "+target.RefID] = fill.Replace(target.Expr)
		}
	}
	return expressions
}

// TestDashboard checks for faults that Grafana does not report: a missing datasource, overlapping panels.
func TestDashboard(t *testing.T) {
	d := grafana(t)
	if d.UID != "wshealthz" || d.SchemaVersion < 39 || d.Inputs != nil {
		t.Errorf("uid %q, schemaVersion %d, __inputs %v", d.UID, d.SchemaVersion, d.Inputs)
	}
	var variables []string
	for _, v := range d.Templating.List {
		variables = append(variables, v.Name+" "+v.Type)
		if m := regexp.MustCompile(`^label_values\((.+), ([a-z]+)\)$`).FindStringSubmatch(v.Definition); m != nil && m[2] == v.Name {
			knownMetrics(t, "variable "+v.Name, m[1])
		} else if v.Type == "query" {
			t.Errorf("variable %s has the query %s, want label_values of that label", v.Name, v.Definition)
		}
	}
	if got := strings.Join(variables, ", "); got != "datasource datasource, namespace query, pod query" {
		t.Errorf("variables %s", got)
	}
	ids, cells := map[int]bool{}, map[[2]int]string{}
	for _, p := range d.Panels {
		if ids[p.ID] || p.ID == 0 || !slices.Contains([]string{"stat", "state-timeline", "timeseries", "table"}, p.Type) {
			t.Errorf("%s has id %d and type %s, want a unique id and a known type", p.Title, p.ID, p.Type)
		}
		ids[p.ID] = true
		if len(p.Description) < 60 || len(p.Targets) == 0 {
			t.Errorf("%s has %d targets, and %q is too short to say what it means and what to do", p.Title, len(p.Targets), p.Description)
		}
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := cells[[2]int{x, y}]; other != "" || x >= 24 {
					t.Fatalf("%s overlaps %q or the right edge at column %d, row %d", p.Title, other, x, y)
				}
				cells[[2]int{x, y}] = p.Title
			}
		}
		for _, target := range p.Targets {
			if want := (source{"prometheus", "${datasource}"}); p.Datasource != want || target.Datasource != want {
				t.Errorf("%s queries %v and %v, want the datasource variable", p.Title, p.Datasource, target.Datasource)
			}
			if n := strings.Count(target.Expr, "{"); n == 0 || n != strings.Count(target.Expr, `namespace=~"$namespace", pod=~"$pod"`) {
				t.Errorf("%s has a selector without both variables: %s", p.Title, target.Expr)
			}
		}
	}
}

// dashboardSums holds the sum over all series of some expressions at 10m of testdata/dashboard.yaml.
var dashboardSums = map[string]float64{
	"Pods, A": 1, "Pods, B": 1, "Pods, C": 1, "Pods, D": 3,
	"Oldest verdict, A": 4, "Last caller, A": 600, "Days until a certificate expires, A": 10, "Restarts, last hour, A": 3,
	"Verdict by pod, A": 3, "Users connected by pod, A": 22, "Failures by reason, A": 0.2, "Answers by code, A": 0.8,
	"Probes and shared answers, A": 0.6, "Probes and shared answers, B": 0.2,
	"Connections, A": 3, "Connections, B": 1, "Sidecar memory, A": 1e7, "Sidecar CPU, A": 0.002, "Versions, A": 3,
}

// TestDashboardExpressions evaluates each expression in Prometheus' own engine: it must return something, and no NaN.
func TestDashboardExpressions(t *testing.T) {
	type sample struct {
		Labels string  `json:"labels"`
		Value  float64 `json:"value"`
	}
	type expression struct {
		Expr       string   `json:"expr"`
		EvalTime   string   `json:"eval_time"`
		ExpSamples []sample `json:"exp_samples"`
	}
	var tests []expression
	expect := func(format, expr string) {
		tests = append(tests, expression{fmt.Sprintf(format, expr), "10m", []sample{{"{}", 1}}})
	}
	sums := maps.Clone(dashboardSums)
	for where, expr := range grafana(t).expressions() {
		knownMetrics(t, where, expr)
		expect("count((%s) >= -Inf) > bool 0", expr)
		if sum, ok := sums[where]; ok {
			expect(fmt.Sprintf("abs(sum(%%s) - %g) < bool 1e-9 * %[1]g", sum), expr)
			delete(sums, where)
		}
	}
	if len(sums) > 0 || len(tests) < 20 {
		t.Errorf("%d tests, and no expression for %v", len(tests), sums)
	}
	var samples map[string]any
	if err := yaml.Unmarshal([]byte(read(t, "testdata/dashboard.yaml")), &samples); err != nil {
		t.Fatal(err)
	}
	samples["promql_expr_test"] = tests
	if err := promtoolTests(t, map[string]any{"rule_files": []string{}, "evaluation_interval": "30s", "tests": []any{samples}}); err != nil {
		t.Error(err)
	}
	// An expression that finds nothing must not pass.
	samples["promql_expr_test"] = []expression{{"count((wshealthz_none) >= -Inf) > bool 0", "10m", []sample{{"{}", 1}}}}
	err := promtoolTests(t, map[string]any{"rule_files": []string{}, "evaluation_interval": "30s", "tests": []any{samples}})
	if err == nil || !strings.Contains(err.Error(), "wshealthz_none") || !strings.Contains(err.Error(), "got: nil") {
		t.Errorf("an expression that returns nothing: got %v, want a failed test", err)
	}
}
