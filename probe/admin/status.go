package probe

import (
	"encoding/json"
	"math"
	"net/http"
	"time"

	"wshealthz/upgrade"
)

// A Status is what /status tells, and what the page shows. Times are RFC 3339, durations seconds. Field names stay.
type Status struct {
	// Status is pass or fail, as in the media type application/health+json; absent before the first verdict.
	Status   string    `json:"status,omitempty"`
	Reason   string    `json:"reason,omitempty"`
	Phase    string    `json:"phase,omitempty"` // absent where the reason has none
	Detail   string    `json:"detail,omitempty"`
	Hint     string    `json:"hint,omitempty"`
	Time     time.Time `json:"time,omitzero"`        // of the verdict
	Age      *float64  `json:"ageSeconds,omitempty"` // of the verdict
	Draining bool      `json:"draining"`

	Version string    `json:"version"`
	Now     time.Time `json:"now"`
	Started time.Time `json:"started"`
	Target  string    `json:"target"` // the query is "…"

	Listens           Listens    `json:"serverListens"`     // loopback, outside, or "" when it cannot be known
	Callers           []Asker    `json:"callers"`           // the last one first
	LastCaller        *time.Time `json:"lastCaller"`        // null: nobody asked yet
	CallerConnections int        `json:"callerConnections"` // open now
	ServerConnections int        `json:"serverConnections"` // open now

	History      []Entry              `json:"history"`      // at most 120 probes, the oldest first
	LastFailure  *Failure             `json:"lastFailure"`  // null: none
	Certificates map[string]time.Time `json:"certificates"` // server, health: when the first certificate ends
	Annotations  []Setting            `json:"annotations"`  // of the Ingress that sends the gateway here
	Settings     []Setting            `json:"configuration"`
}

// An Entry is one probe.
type Entry struct {
	Time    time.Time          `json:"time"`
	Healthy bool               `json:"healthy"`
	Reason  string             `json:"reason"`
	Phase   string             `json:"phase,omitempty"`
	Detail  string             `json:"detail,omitempty"`
	Took    map[string]float64 `json:"tookSeconds"` // by phase, those that were reached
}

// A Failure is the last probe that was not healthy, with what was said.
type Failure struct {
	Entry
	Hint string `json:"hint"`
	Peer string `json:"peer,omitempty"` // address that was dialed
	Sent string `json:"sent"`           // the handshake, without secrets
	Came string `json:"came,omitempty"` // what the server sent, quoted, its first kilobyte
}

// An Asker is one address with one User-Agent.
type Asker struct {
	Address   string    `json:"address"`
	UserAgent string    `json:"userAgent"`
	Host      string    `json:"host"`
	Path      string    `json:"path"`
	Requests  uint64    `json:"requests"`
	Every     float64   `json:"everySeconds"` // mean, 0 for one request
	Answer    int       `json:"lastAnswer"`
	First     time.Time `json:"first"`
	Last      time.Time `json:"last"`
}

// status is what is known now.
func (a *admin) status() Status {
	now := time.Now()
	s := Status{
		Draining: a.Draining(), Version: a.Version, Now: now, Started: a.History.started, Target: a.Target,
		Listens: a.Listens(), Callers: []Asker{}, CallerConnections: a.Health.Callers(), ServerConnections: a.Connections(),
		History: []Entry{}, Certificates: map[string]time.Time{}, Settings: a.Settings,
	}
	for _, c := range a.Callers.List() {
		s.Callers = append(s.Callers, Asker{c.Address, c.UserAgent, c.Host, c.Path, c.Requests, Seconds(c.Every()), c.Status, c.First, c.Last})
	}
	if last := a.Callers.Last(); last.After(a.History.started) {
		s.LastCaller = &last
	}
	for _, v := range a.History.Probes() {
		s.History = append(s.History, entry(v))
	}
	if v, found := a.History.Last(); found {
		s.verdict(v, now)
	}
	if s.Draining {
		s.verdict(upgrade.Refuse(upgrade.Draining, "this pod is going away"), now)
	}
	if v, found := a.History.Failure(); found {
		s.LastFailure = &Failure{Entry: entry(v), Hint: v.Hint, Peer: v.Peer, Sent: a.Sent, Came: v.Came}
	}
	if end := certificateEnds(a.Certificate); !end.IsZero() {
		s.Certificates["health"] = end
	}
	s.Annotations = a.annotations(s.Callers)
	return s
}

func (s *Status) verdict(v upgrade.Verdict, now time.Time) {
	e := entry(v)
	s.Status, s.Reason, s.Phase, s.Detail, s.Hint, s.Time = "fail", e.Reason, e.Phase, e.Detail, v.Hint, v.At
	if v.Healthy() {
		s.Status = "pass"
	}
	age := Seconds(now.Sub(v.At))
	s.Age = &age
	if !v.CertificateEnds.IsZero() {
		s.Certificates["server"] = v.CertificateEnds
	}
}

func entry(v upgrade.Verdict) Entry {
	return Entry{v.At, v.Healthy(), v.Reason.String(), v.Reason.Phase().String(), v.Detail, TookSeconds(v)}
}

// TookSeconds is the time of each phase that was reached, by the phase's name.
func TookSeconds(v upgrade.Verdict) map[string]float64 {
	took := map[string]float64{}
	for _, phase := range upgrade.Phases() {
		if v.Took[phase] > 0 {
			took[phase.String()] = Seconds(v.Took[phase])
		}
	}
	return took
}

// Seconds is a duration as JSON and metrics have it, to the microsecond.
func Seconds(d time.Duration) float64 { return math.Round(d.Seconds()*1e6) / 1e6 }

func (a *admin) serveStatus(w http.ResponseWriter, r *http.Request) {
	body, err := json.MarshalIndent(a.status(), "", "  ")
	if err != nil {
		panic(err) // there is nothing in it that JSON does not have
	}
	write(w, r, "application/health+json", append(body, '\n'))
}
