package admin

import (
	"runtime"
	"strings"
	"time"

	"wshealthz/internal/doctor"
	"wshealthz/probe"
	"wshealthz/upgrade"
)

// statusJSON is the object of /status. Times are RFC 3339, durations seconds. Field names stay. Text is escaped as on the
// page, but for the annotations, which are to be set as they are.
type statusJSON struct {
	doctor.VerdictJSON
	Age      *float64   `json:"ageSeconds,omitempty"` // of the verdict
	Draining bool       `json:"draining"`
	Drain    *drainJSON `json:"drain"` // null: none

	Version   string    `json:"version"`
	Commit    string    `json:"commit"`    // that the program was built from; "" when it is not known
	GoVersion string    `json:"goVersion"` // such as go1.26.8
	Now       time.Time `json:"now"`
	Started   time.Time `json:"started"`
	Target    string    `json:"target"` // the query is "…"

	Listening         doctor.Listening `json:"serverListens"`     // loopback, outside, or "" when it is not known
	Callers           []callerJSON     `json:"callers"`           // the most recent first
	LastCaller        *time.Time       `json:"lastCaller"`        // null: nobody has asked yet
	CallerConnections int              `json:"callerConnections"` // open now
	ServerConnections int              `json:"serverConnections"` // open now, ours
	Sessions          *int             `json:"sessions"`          // users' connections to the server, established; null: not known

	History      []probeJSON          `json:"history"`      // at most 120 probes, the oldest first
	LastFailure  *failureJSON         `json:"lastFailure"`  // null: none
	Certificates map[string]time.Time `json:"certificates"` // server, health: when the first certificate ends
	Annotations  []doctor.Annotation  `json:"annotations"`  // of the Ingress that sends the gateway here; a value with a note is to be checked
	Settings     []doctor.Setting     `json:"configuration"`
}

// drainJSON is a drain that has begun.
type drainJSON struct {
	By       string    `json:"by"`
	Began    time.Time `json:"began"`
	Progress string    `json:"progress"` // what is waited for, or what came of it
	Over     bool      `json:"over"`     // nothing is waited for any more
}

// probeJSON is one probe.
type probeJSON struct {
	Time    time.Time          `json:"time"`
	Healthy bool               `json:"healthy"`
	Reason  string             `json:"reason"`
	Phase   string             `json:"phase,omitempty"`
	Detail  string             `json:"detail,omitempty"`
	Took    map[string]float64 `json:"tookSeconds"` // by phase, those that were reached
}

// failureJSON is the last probe that was not healthy, with what was said.
type failureJSON struct {
	probeJSON
	Hint     string `json:"hint"`
	Peer     string `json:"peer,omitempty"` // address that was dialed
	Sent     string `json:"sent"`           // the handshake, without secrets
	Received string `json:"came,omitempty"` // what the server sent, quoted, its first kilobyte
}

// callerJSON is one address with one User-Agent.
type callerJSON struct {
	Address   string    `json:"address"`
	UserAgent string    `json:"userAgent"`
	Host      string    `json:"host"`
	Path      string    `json:"path"`
	Requests  uint64    `json:"requests"`
	Every     float64   `json:"everySeconds"`    // mean, 0 for one request
	Answer    int       `json:"lastAnswer"`      // 0: none, because the TLS handshake failed
	Wrong     string    `json:"wrong,omitempty"` // why the requests were refused
	First     time.Time `json:"first"`
	Last      time.Time `json:"last"`
}

func (s *snapshot) json() statusJSON {
	j := statusJSON{
		VerdictJSON: doctor.NewVerdictJSON(s.Verdict), Draining: s.draining, Version: escapeConfig(s.Version),
		Commit: escapeConfig(s.commit), GoVersion: runtime.Version(), Now: s.now, Started: s.started, Target: escapeConfig(s.Target.String()), Listening: s.Listening,
		Callers: []callerJSON{}, CallerConnections: s.callerConnections, ServerConnections: s.serverConnections, Sessions: s.sessions,
		History: []probeJSON{}, Certificates: map[string]time.Time{}, Annotations: s.Gateway.Annotations(), Settings: shownSettings(s.settings),
	}
	j.Detail, j.Hint = escapeConfig(j.Detail), escapeConfig(j.Hint)
	if !s.Verdict.At.IsZero() {
		age := doctor.Seconds(max(0, s.now.Sub(s.Verdict.At))) // that of a drain is made now
		j.Age = &age
	}
	for _, c := range s.callers {
		j.Callers = append(j.Callers, newCallerJSON(c))
	}
	if s.draining {
		j.Drain = &drainJSON{escapeConfig(s.drain.By), s.drain.Began, escapeConfig(s.drain.Progress), s.drain.Over}
	}
	if !s.lastCaller.IsZero() {
		j.LastCaller = &s.lastCaller
	}
	for _, v := range s.history {
		j.History = append(j.History, newProbeJSON(v))
	}
	if v := s.failure; !v.At.IsZero() {
		j.LastFailure = &failureJSON{newProbeJSON(v), escapeConfig(v.Hint), escapeConfig(v.Peer), escapeHandshake(s.sent), v.Received.String()}
	}
	for key, certificate := range map[string]doctor.Certificate{"server": s.serverCertificate, "health": s.healthCertificate} {
		if !certificate.Ends.IsZero() {
			j.Certificates[key] = certificate.Ends
		}
	}
	return j
}

func newProbeJSON(v upgrade.Verdict) probeJSON {
	return probeJSON{v.At, v.Healthy(), v.Reason.String(), v.Reason.Phase().String(), escapeConfig(v.Detail), doctor.PhaseSeconds(v)}
}

func newCallerJSON(c probe.Caller) callerJSON {
	return callerJSON{
		c.Address.String(), escapeUntrusted(c.UserAgent), escapeUntrusted(c.Host), escapeUntrusted(c.Path), c.Requests,
		doctor.Seconds(c.Every()), c.Status, c.Wrong, c.First, c.Last,
	}
}

// escapeHandshake escapes each line of a request and leaves its line ends.
func escapeHandshake(request string) string {
	lines := strings.Split(request, "\r\n")
	for i, line := range lines {
		lines[i] = escapeConfig(line)
	}
	return strings.Join(lines, "\r\n")
}

func (h *handler) status(*probe.Request) probe.Answer {
	return document("application/health+json", doctor.MarshalPrintable(h.snapshot().json()), "")
}
