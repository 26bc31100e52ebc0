package admin

import (
	"bytes"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"time"

	"wshealthz/probe"
	"wshealthz/upgrade"
)

const (
	counter       = "counter"
	gauge         = "gauge"
	histogramType = "histogram"
)

// answerCodes are all statuses that the health listener answers, also to what is no well-formed request.
var answerCodes = []int{
	http.StatusOK, http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusRequestTimeout,
	http.StatusRequestURITooLong, http.StatusRequestHeaderFieldsTooLarge, http.StatusNotImplemented, http.StatusServiceUnavailable,
	http.StatusHTTPVersionNotSupported,
}

// A family is one metric family. Labels take their values from closed sets, all of them there from the start, so that a rate
// knows its zero.
type family struct {
	name, kind, help string
	collect          func(*scrape)
}

// families are everything that /metrics writes, in this order.
var families = []family{
	{"wshealthz_healthy", gauge, "Whether a WebSocket client would be served, by the last verdict; 0 while draining. Absent before the first verdict.", func(s *scrape) {
		if s.probed() {
			s.sample(oneIf(s.last.Healthy() && !s.draining))
		}
	}},
	{"wshealthz_verdict_age_seconds", gauge, "Age of the last verdict. Absent before the first.", func(s *scrape) {
		if s.probed() {
			s.age(s.last.At)
		}
	}},
	{"wshealthz_draining", gauge, "Whether this pod is going away.", func(s *scrape) { s.sample(oneIf(s.draining)) }},
	{"wshealthz_probes_total", counter, "Probes of the server by the reason of their verdict.", func(s *scrape) {
		for _, reason := range upgrade.Reasons() {
			if reason != upgrade.Draining { // it is given without a probe
				s.sample(float64(s.History.probed(reason)), "reason", reason.String())
			}
		}
	}},
	{"wshealthz_probe_phase_duration_seconds", histogramType, "Time of each phase of a probe that was reached.", func(s *scrape) {
		for _, phase := range upgrade.Phases() {
			s.histogram(s.History.phases[phase], "phase", phase.String())
		}
	}},
	{"wshealthz_answers_total", counter, "Answers of the health listener by status code.", func(s *scrape) {
		for _, code := range answerCodes {
			s.sample(float64(s.Callers.Answered(code)), "code", strconv.Itoa(code))
		}
	}},
	{"wshealthz_shared_answers_total", counter, "Verdicts that were given without a probe of their own.", func(s *scrape) { s.sample(float64(s.History.shared.Load())) }},
	{"wshealthz_last_probe_age_seconds", gauge, "Time since the last probe ended, since the start when there was none.", func(s *scrape) {
		if s.probed() {
			s.age(s.last.At)
		} else {
			s.age(s.History.started)
		}
	}},
	{"wshealthz_last_caller_age_seconds", gauge, "Time since the last request to the health listener by anybody but the kubelet, since the start when there was none.", func(s *scrape) {
		s.age(s.Callers.LastGateway())
	}},
	{"wshealthz_callers", gauge, "Connections of callers of the health listener that are open.", func(s *scrape) { s.sample(float64(s.CallerConnections())) }},
	{"wshealthz_server_connections", gauge, "Connections of probes to the server that are open.", func(s *scrape) { s.sample(float64(s.ServerConnections())) }},
	{"wshealthz_sessions", gauge, "Connections of users to the server that are established. Absent while no server is seen in the pod.", func(s *scrape) {
		if sessions := s.Sockets().Sessions; sessions != nil {
			s.sample(float64(*sessions))
		}
	}},
	{"wshealthz_certificate_expiry_timestamp_seconds", gauge, "When the first certificate of the server, or of the health listener, ends. Absent without TLS.", func(s *scrape) {
		s.expiry("server", s.last.CertificateEnds)
		s.expiry("health", s.certificateEnds())
	}},
	{"wshealthz_build_info", gauge, "Version of this program and of Go.", func(s *scrape) { s.sample(1, "version", s.Version, "goversion", runtime.Version()) }},

	{"process_cpu_seconds_total", counter, "Processor time that was used.", func(s *scrape) { s.ifKnown(s.process.cpuSeconds) }},
	{"process_resident_memory_bytes", gauge, "Memory that is resident.", func(s *scrape) { s.ifKnown(s.process.resident) }},
	{"process_virtual_memory_bytes", gauge, "Memory that is mapped.", func(s *scrape) { s.ifKnown(s.process.virtual) }},
	{"process_start_time_seconds", gauge, "When the process started.", func(s *scrape) { s.ifKnown(s.process.started) }},
	{"process_open_fds", gauge, "File descriptors that are open.", func(s *scrape) { s.ifKnown(s.process.openFiles) }},
	{"process_max_fds", gauge, "File descriptors that may be open.", func(s *scrape) { s.ifKnown(s.process.maxFiles) }},
	{"go_goroutines", gauge, "Goroutines that exist.", func(s *scrape) { s.sample(float64(runtime.NumGoroutine())) }},
	{"go_memstats_heap_inuse_bytes", gauge, "Heap in use.", func(s *scrape) { s.sample(float64(s.memory.HeapInuse)) }},
	{"go_memstats_next_gc_bytes", gauge, "Heap at which the next collection begins.", func(s *scrape) { s.sample(float64(s.memory.NextGC)) }},
}

// A scrape is one answer to /metrics under way.
type scrape struct {
	*handler
	now      time.Time
	last     upgrade.Verdict
	draining bool
	process  processStats
	memory   runtime.MemStats

	family  *family
	written bool // the family's HELP and TYPE
	out     bytes.Buffer
}

// metrics returns /metrics in Prometheus' text format 0.0.4.
func (h *handler) metrics() []byte {
	s := &scrape{handler: h, now: time.Now(), last: h.History.last(), draining: h.Draining(), process: readProcess()}
	runtime.ReadMemStats(&s.memory)
	for i := range families {
		s.family, s.written = &families[i], false
		s.family.collect(s)
	}
	return s.out.Bytes()
}

func (s *scrape) probed() bool { return !s.last.At.IsZero() }

// sample writes one sample of the family. labels are names and values in turns.
func (s *scrape) sample(value float64, labels ...string) { s.suffixed("", value, labels...) }

// suffixed is sample for a name with a suffix, as histograms have them.
func (s *scrape) suffixed(suffix string, value float64, labels ...string) {
	if !s.written {
		s.written = true
		s.out.WriteString("# HELP " + s.family.name + " " + s.family.help + "\n# TYPE " + s.family.name + " " + s.family.kind + "\n")
	}
	s.out.WriteString(s.family.name + suffix)
	for i := 0; i < len(labels); i += 2 {
		s.out.WriteByte("{,"[min(i, 1)])
		s.out.WriteString(labels[i] + `="` + escapeLabel(labels[i+1]) + `"`)
	}
	if len(labels) > 0 {
		s.out.WriteByte('}')
	}
	s.out.WriteString(" " + strconv.FormatFloat(value, 'g', -1, 64) + "\n")
}

// escapeLabel escapes a label's value as the text format has it. Made once: to make a Replacer is most of what a scrape
// would cost.
var escapeLabel = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace

// ifKnown writes a sample unless this system does not know the value.
func (s *scrape) ifKnown(value *float64) {
	if value != nil {
		s.sample(*value)
	}
}

func (s *scrape) age(since time.Time) { s.sample(s.now.Sub(since).Seconds()) }

func (s *scrape) expiry(side string, end time.Time) {
	if !end.IsZero() {
		s.sample(float64(end.Unix()), "side", side)
	}
}

// histogram writes the samples of a classic histogram: cumulative buckets, sum and count.
func (s *scrape) histogram(h *histogram, labels ...string) {
	counts, sum := h.cumulative()
	for i, count := range counts {
		bound := "+Inf"
		if i < len(h.bounds) {
			bound = strconv.FormatFloat(h.bounds[i], 'g', -1, 64)
		}
		s.suffixed("_bucket", float64(count), append(labels[:len(labels):len(labels)], "le", bound)...)
	}
	s.suffixed("_sum", sum, labels...)
	s.suffixed("_count", float64(counts[len(counts)-1]), labels...)
}

func oneIf(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

func (h *handler) metricsText(*probe.Request) probe.Answer {
	return document("text/plain; version=0.0.4; charset=utf-8", h.metrics(), "")
}
