package probe

import (
	"bytes"
	"runtime"
	"strings"

	"github.com/VictoriaMetrics/metrics"
)

var goVersion = runtime.Version()

// help is every metric family of /metrics and what it tells; what the library writes beside these is left out.
var help = map[string]string{
	"wshealthz_healthy":                              "Whether a WebSocket client would be served, by the last verdict; 0 while draining. Absent before the first verdict.",
	"wshealthz_verdict_age_seconds":                  "Age of the last verdict. Absent before the first.",
	"wshealthz_draining":                             "Whether this pod is going away.",
	"wshealthz_probes_total":                         "Probes of the server by the reason of their verdict.",
	"wshealthz_probe_phase_duration_seconds":         "Time of each phase of a probe that was reached.",
	"wshealthz_answers_total":                        "Answers of the health listener by status code.",
	"wshealthz_shared_answers_total":                 "Verdicts that were given without a probe of their own.",
	"wshealthz_last_probe_age_seconds":               "Time since the last probe ended, since the start when there was none.",
	"wshealthz_last_caller_age_seconds":              "Time since the last request to the health listener by anybody but the kubelet, since the start when there was none.",
	"wshealthz_callers":                              "Connections of callers of the health listener that are open.",
	"wshealthz_server_connections":                   "Connections to the server that are open.",
	"wshealthz_certificate_expiry_timestamp_seconds": "When the first certificate of the server, or of the health listener, ends. Absent without TLS.",
	"wshealthz_build_info":                           "Version of this program and of Go.",

	"process_cpu_seconds_total":     "Processor time that was used.",
	"process_resident_memory_bytes": "Memory that is resident.",
	"process_virtual_memory_bytes":  "Memory that is mapped.",
	"process_start_time_seconds":    "When the process started.",
	"process_open_fds":              "File descriptors that are open.",
	"process_max_fds":               "File descriptors that may be open.",
	"go_goroutines":                 "Goroutines that exist.",
	"go_memstats_heap_inuse_bytes":  "Heap in use.",
	"go_memstats_next_gc_bytes":     "Heap at which the next collection begins.",
}

// exposition is /metrics in Prometheus' text format 0.0.4, or in OpenMetrics 1.0, where a counter's family has no _total.
// The text ends with OpenMetrics' mark, a comment for others. The library writes families without help, and their
// metadata once more for each sample that is written by hand.
func (a *admin) exposition(open bool) []byte {
	metrics.ExposeMetadata(true)
	var raw, out bytes.Buffer
	a.writeMetrics(&raw)
	family := "" // of the samples that are kept, "": they are not
	seen := map[string]bool{}
	for line := range strings.Lines(raw.String()) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0, strings.HasPrefix(line, "# HELP "):
		case strings.HasPrefix(line, "# TYPE ") && len(words) == 4:
			family = words[2]
			if help[family] == "" {
				family = ""
			} else if !seen[family] {
				seen[family] = true
				name := family
				if open && words[3] == "counter" {
					name = strings.TrimSuffix(name, "_total")
				}
				out.WriteString("# HELP " + name + " " + help[family] + "\n# TYPE " + name + " " + words[3] + "\n")
			}
		case family != "":
			out.WriteString(line)
		}
	}
	out.WriteString("# EOF\n")
	return out.Bytes()
}
