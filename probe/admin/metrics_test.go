package probe

import (
	"bytes"
	"context"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	dto "github.com/prometheus/client_model/go"

	"wshealthz/upgrade"
)

// families parses /metrics as Prometheus does.
func families(t *testing.T, o AdminOptions) map[string]*dto.MetricFamily {
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
	reasons, pair := upgrade.Reasons(), certificate(t)
	next := 0
	ask, o := watched(t, func(context.Context) upgrade.Verdict {
		v := upgrade.Verdict{Reason: reasons[next], At: time.Now(), CertificateEnds: time.Now().Add(time.Hour)}
		for i := range v.Took {
			v.Took[i] = time.Millisecond
		}
		return v
	}, func(o *AdminOptions) { o.Certificate = certificateOf(pair) })
	for next = range reasons {
		ask("/health", "User-Agent", "<script>\"\\", "Host", "a\"b")
	}
	ask("/other")
	ask("/health")
	got := families(t, o)
	if names, want := slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(help)); !slices.Equal(names, want) {
		t.Errorf("/metrics has %q\nthe table of help %q", names, want)
	}
	problems, err := promlint.New(bytes.NewReader(view(o, "GET", "/metrics", remote).Body.Bytes())).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("promtool check metrics: %s: %s", p.Metric, p.Text)
	}
	closed := map[string][]string{
		"phase": {"dial", "tls", "upgrade", "exchange"}, "code": {"200", "404", "405", "503"}, "side": {"server", "health"},
		"version": {"1.2.3"}, "goversion": {goVersion},
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
	histogram := got["wshealthz_probe_phase_duration_seconds"].GetMetric()[0].GetHistogram()
	if first, last := histogram.GetBucket()[0].GetUpperBound(), histogram.GetBucket()[len(histogram.GetBucket())-2].GetUpperBound(); first != 0.0001 || last != 3 {
		t.Errorf("buckets from %v to %v, want 100 µs to the timeout", first, last)
	}
}

// TestMetricsBefore: what is not known yet is absent, and ages count from the start.
func TestMetricsBefore(t *testing.T) {
	_, o := watched(t, healthy)
	got := families(t, o)
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
	ask, o := watched(t, unhealthy(upgrade.BadStatus, "x"), func(o *AdminOptions) { o.Draining = func() bool { return draining } })
	value := func(name, label string) float64 {
		for _, metric := range families(t, o)[name].GetMetric() {
			if label == "" || metric.GetLabel()[0].GetValue() == label {
				return metric.GetGauge().GetValue() + metric.GetCounter().GetValue()
			}
		}
		t.Fatalf("no %s %s", name, label)
		return 0
	}
	ask("/health")
	ask("/health")
	ask("/")
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
	ask, o = watched(t, healthy, func(o *AdminOptions) { o.Draining = func() bool { return draining } })
	ask("/health")
	if value("wshealthz_healthy", "") != 1 {
		t.Error("healthy is not 1")
	}
	draining = true
	if value("wshealthz_healthy", "") != 0 || value("wshealthz_draining", "") != 1 {
		t.Error("a pod that drains is healthy")
	}
}

// TestOpenMetrics: asked for, it is OpenMetrics, whose counters' families have no _total; both end with its mark.
func TestOpenMetrics(t *testing.T) {
	_, o := watched(t, healthy)
	plain := view(o, "GET", "/metrics", remote)
	if !strings.HasSuffix(plain.Body.String(), "\n# EOF\n") || plain.Header().Get("Content-Type") != "text/plain; version=0.0.4; charset=utf-8" {
		t.Errorf("the text is %s and ends with %q", plain.Header().Get("Content-Type"), plain.Body.String()[plain.Body.Len()-20:])
	}
	text := string((&admin{o}).exposition(true))
	if !strings.Contains(text, "# TYPE wshealthz_probes counter\nwshealthz_probes_total{") || strings.Contains(text, "_total counter") {
		t.Errorf("OpenMetrics is\n%s", text)
	}
}

// TestMetricNames: the list that the dashboard and the alerts are held against.
func TestMetricNames(t *testing.T) {
	list, err := os.ReadFile("../charts/testdata/metrics.txt")
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Join(slices.Sorted(maps.Keys(help)), "\n") + "\n"; string(list) != want {
		t.Errorf("charts/testdata/metrics.txt has\n%swant\n%s", list, want)
	}
}
