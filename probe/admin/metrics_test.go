package admin

import (
	"bytes"
	"context"
	"crypto/tls"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	dto "github.com/prometheus/client_model/go"

	"wshealthz/internal/testbed"
	"wshealthz/upgrade"
)

// scrapeOf parses /metrics as Prometheus does.
func scrapeOf(t *testing.T, o Options) map[string]*dto.MetricFamily {
	t.Helper()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	parsed, err := parser.TextToMetricFamilies(view(o, "GET", "/metrics", remote).Body)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// TestMetrics: every family is there once all has happened, promtool's rules are kept, and labels are of closed sets.
func TestMetrics(t *testing.T) {
	reasons, pair := upgrade.Reasons(), testbed.Certificate{}.Make(t)
	next := 0
	request, o := recorded(t, func(context.Context) upgrade.Verdict {
		v := upgrade.Verdict{Reason: reasons[next], At: time.Now(), CertificateEnds: time.Now().Add(time.Hour)}
		for i := range v.Took {
			v.Took[i] = time.Millisecond
		}
		return v
	}, func(o *Options) { o.Certificate = func() (*tls.Certificate, error) { return &pair.Certificate, nil } })
	for next = range reasons {
		request("/health", "User-Agent", "<script>\"\\", "Host", "a\"b")
	}
	request("/other")
	request("/health")
	got := scrapeOf(t, o)
	if names, want := slices.Sorted(maps.Keys(got)), familyNames(); !slices.Equal(names, want) {
		t.Errorf("/metrics has %q\nthe table %q", names, want)
	}
	problems, err := promlint.New(bytes.NewReader(view(o, "GET", "/metrics", remote).Body.Bytes())).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("promtool check metrics: %s: %s", p.Metric, p.Text)
	}
	closed := map[string][]string{
		"phase": {"dial", "tls", "upgrade", "exchange"}, "code": {"200", "400", "404", "405", "408", "414", "431", "501", "503", "505"}, "side": {"server", "health"},
		"version": {"1.2.3"}, "goversion": {runtime.Version()},
	}
	for _, reason := range reasons {
		closed["reason"] = append(closed["reason"], reason.String())
	}
	for name, family := range got {
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				if !slices.Contains(closed[label.GetName()], label.GetValue()) {
					t.Errorf("%s has %s=%q, which is of no closed set", name, label.GetName(), label.GetValue())
				}
			}
		}
	}
	if codes := len(got["wshealthz_answers_total"].GetMetric()); codes != len(closed["code"]) {
		t.Errorf("wshealthz_answers_total has %d codes, want all of them from the start", codes)
	}
	histogram := got["wshealthz_probe_phase_duration_seconds"].GetMetric()[0].GetHistogram()
	if first, last := histogram.GetBucket()[0].GetUpperBound(), histogram.GetBucket()[len(histogram.GetBucket())-2].GetUpperBound(); first != 0.0001 || last != 3 {
		t.Errorf("buckets from %v to %v, want 100 µs to the timeout", first, last)
	}
}

// TestMetricsBefore: what is not known yet is absent, and ages count from the start.
func TestMetricsBefore(t *testing.T) {
	_, o := recorded(t, healthy)
	got := scrapeOf(t, o)
	for _, name := range []string{"wshealthz_healthy", "wshealthz_verdict_age_seconds", "wshealthz_certificate_expiry_timestamp_seconds"} {
		if got[name] != nil {
			t.Errorf("%s is there before the first verdict", name)
		}
	}
	if got["wshealthz_last_caller_age_seconds"] == nil || got["wshealthz_last_probe_age_seconds"] == nil {
		t.Error("the ages are absent before anybody asked")
	}
}

// TestMetricsCount: what each number counts.
func TestMetricsCount(t *testing.T) {
	draining := false
	request, o := recorded(t, unhealthy(upgrade.BadStatus, "x"), func(o *Options) { o.Draining = func() bool { return draining } })
	value := func(name, label string) float64 {
		for _, metric := range scrapeOf(t, o)[name].GetMetric() {
			if label == "" || metric.GetLabel()[0].GetValue() == label {
				return metric.GetGauge().GetValue() + metric.GetCounter().GetValue()
			}
		}
		t.Fatalf("no %s %s", name, label)
		return 0
	}
	request("/health")
	request("/health")
	request("/")
	for _, c := range []struct {
		name, label string
		want        float64
	}{
		{"wshealthz_healthy", "", 0}, {"wshealthz_draining", "", 0}, {"wshealthz_probes_total", "bad_status", 2}, {"wshealthz_probes_total", "ok", 0},
		{"wshealthz_answers_total", "503", 2}, {"wshealthz_answers_total", "404", 1}, {"wshealthz_server_connections", "", 3},
	} {
		if got := value(c.name, c.label); got != c.want {
			t.Errorf("%s %s is %v, want %v", c.name, c.label, got, c.want)
		}
	}
	request, o = recorded(t, healthy, func(o *Options) { o.Draining = func() bool { return draining } })
	request("/health")
	if value("wshealthz_healthy", "") != 1 {
		t.Error("healthy is not 1")
	}
	draining = true
	if value("wshealthz_healthy", "") != 0 || value("wshealthz_draining", "") != 1 {
		t.Error("a pod that drains is healthy")
	}
}

// TestTextFormat: there is one format, whatever is asked for, with HELP and TYPE of each family once, and labels escaped.
func TestTextFormat(t *testing.T) {
	_, o := recorded(t, healthy, func(o *Options) { o.Version = "1\\2\"3\n4" })
	answer := view(o, "GET", "/metrics", remote)
	if got := answer.Header().Get("Content-Type"); got != "text/plain; version=0.0.4; charset=utf-8" {
		t.Errorf("Content-Type %s", got)
	}
	body := answer.Body.String()
	for _, name := range []string{"wshealthz_probes_total", "wshealthz_probe_phase_duration_seconds"} {
		if strings.Count(body, "# HELP "+name+" ") != 1 || strings.Count(body, "# TYPE "+name+" ") != 1 {
			t.Errorf("%s does not have one HELP and one TYPE", name)
		}
	}
	if want := `wshealthz_build_info{version="1\\2\"3\n4",goversion="`; !strings.Contains(body, want) {
		t.Errorf("no %s in\n%s", want, body)
	}
}

func familyNames() (names []string) {
	for _, f := range families {
		names = append(names, f.name)
	}
	slices.Sort(names)
	return names
}

// TestMetricNames: the list that the dashboard and the alerts are held against.
func TestMetricNames(t *testing.T) {
	list, err := os.ReadFile("../../charts/test/testdata/metrics.txt")
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Join(familyNames(), "\n") + "\n"; string(list) != want {
		t.Errorf("charts/testdata/metrics.txt has\n%swant\n%s", list, want)
	}
}
