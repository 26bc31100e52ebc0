package probe

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"wshealthz/upgrade"
)

// bounds are the upper bounds of the histograms in seconds, up to the probe's timeout: loopback takes a fraction of a
// millisecond.
var bounds = []float64{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30}

const phaseFamily = "wshealthz_probe_phase_duration_seconds"

// statuses are all that the health listener answers.
var statuses = []int{http.StatusOK, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusServiceUnavailable}

// metricSet counts. Labels take their values from closed sets, all of them there from the start, so that a rate knows
// its zero.
type metricSet struct {
	set     *metrics.Set
	probes  map[upgrade.Reason]*metrics.Counter
	phases  map[upgrade.Phase]*histogram
	answers map[int]*metrics.Counter
	shared  *metrics.Counter
}

func newMetricSet(timeout time.Duration) *metricSet {
	m := &metricSet{
		set:     metrics.NewSet(),
		probes:  map[upgrade.Reason]*metrics.Counter{},
		phases:  map[upgrade.Phase]*histogram{},
		answers: map[int]*metrics.Counter{},
	}
	for _, reason := range upgrade.Reasons() {
		if reason != upgrade.Draining { // it is said without a probe
			m.probes[reason] = m.set.NewCounter(fmt.Sprintf("wshealthz_probes_total{reason=%q}", reason))
		}
	}
	for _, phase := range upgrade.Phases() {
		m.phases[phase] = newHistogram(boundsTo(timeout))
	}
	for _, status := range statuses {
		m.answers[status] = m.set.NewCounter(fmt.Sprintf(`wshealthz_answers_total{code="%d"}`, status))
	}
	m.shared = m.set.NewCounter("wshealthz_shared_answers_total")
	return m
}

// boundsTo are those bounds below the timeout, and the timeout.
func boundsTo(timeout time.Duration) []float64 {
	last := timeout.Seconds()
	var list []float64
	for _, bound := range bounds {
		if bound < last {
			list = append(list, bound)
		}
	}
	return append(list, last)
}

func (m *metricSet) probed(v upgrade.Verdict) {
	if counter := m.probes[v.Reason]; counter != nil {
		counter.Inc()
	}
	for _, phase := range upgrade.Phases() {
		if took := v.Took[phase]; took > 0 {
			m.phases[phase].observe(took)
		}
	}
}

func (m *metricSet) answered(status int) {
	if counter := m.answers[status]; counter != nil {
		counter.Inc()
	}
}

// writeMetrics writes what /metrics answers, without the metadata's help.
func (a *admin) writeMetrics(w io.Writer) {
	now := time.Now()
	gauge := func(name string, value float64) { metrics.WriteGaugeFloat64(w, name, value) }
	age := func(name string, since time.Time) { gauge(name, now.Sub(since).Seconds()) }
	draining := a.Draining()
	gauge("wshealthz_draining", oneIf(draining))
	if last, found := a.History.Last(); found {
		gauge("wshealthz_healthy", oneIf(last.Healthy() && !draining))
		age("wshealthz_verdict_age_seconds", last.At)
		age("wshealthz_last_probe_age_seconds", last.At)
		expiry(gauge, "server", last.CertificateEnds)
	} else {
		age("wshealthz_last_probe_age_seconds", a.History.started)
	}
	expiry(gauge, "health", certificateEnds(a.Certificate))
	age("wshealthz_last_caller_age_seconds", a.Callers.LastGateway())
	gauge("wshealthz_callers", float64(a.Health.Callers()))
	gauge("wshealthz_server_connections", float64(a.Connections()))
	gauge(fmt.Sprintf("wshealthz_build_info{version=%q,goversion=%q}", a.Version, goVersion), 1)
	a.History.metrics.set.WritePrometheus(w)
	metrics.WriteMetadataIfNeeded(w, phaseFamily, "histogram")
	for _, phase := range upgrade.Phases() {
		a.History.metrics.phases[phase].write(w, phaseFamily, fmt.Sprintf("phase=%q", phase))
	}
	metrics.WriteProcessMetrics(w)
	metrics.WriteFDMetrics(w)
}

func expiry(gauge func(string, float64), side string, end time.Time) {
	if !end.IsZero() {
		gauge(fmt.Sprintf("wshealthz_certificate_expiry_timestamp_seconds{side=%q}", side), float64(end.Unix()))
	}
}

func oneIf(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
