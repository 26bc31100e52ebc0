package doctor

import (
	"io"
	"math"
	"slices"
	"time"

	"wshealthz/upgrade"
)

// VerdictJSON is a verdict as check -json and /status write it. Field names stay.
type VerdictJSON struct {
	// Status is pass or fail, as in the media type application/health+json; absent before the first verdict.
	Status string    `json:"status,omitempty"`
	Reason string    `json:"reason,omitempty"`
	Phase  string    `json:"phase,omitempty"`  // absent where the reason has none
	Detail string    `json:"detail,omitempty"` // absent for ok, like the hint
	Hint   string    `json:"hint,omitempty"`
	Time   time.Time `json:"time,omitzero"`
}

// NewVerdictJSON returns v for JSON; the zero value for a verdict that does not exist yet.
func NewVerdictJSON(v upgrade.Verdict) VerdictJSON {
	if v.At.IsZero() {
		return VerdictJSON{}
	}
	j := VerdictJSON{"fail", v.Reason.String(), v.Reason.Phase().String(), v.Detail, v.Hint, v.At}
	if v.Healthy() {
		j.Status = "pass"
	}
	return j
}

// Seconds returns a duration as JSON and metrics have it, to the microsecond.
func Seconds(d time.Duration) float64 { return math.Round(d.Seconds()*1e6) / 1e6 }

// PhaseSeconds returns the time of each phase that was reached, by the phase's name.
func PhaseSeconds(v upgrade.Verdict) map[string]float64 {
	took := map[string]float64{}
	for _, phase := range upgrade.Phases() {
		if v.Took[phase] > 0 {
			took[phase.String()] = Seconds(v.Took[phase])
		}
	}
	return took
}

// reportJSON is the object of check -json. Times are RFC 3339, durations seconds. Fields that mean what they mean in /status
// have its names, and keep them.
type reportJSON struct {
	VerdictJSON
	Version         string             `json:"version"`
	Target          string             `json:"target"`         // the query is "…"
	Peer            string             `json:"peer,omitempty"` // address that was dialed last
	Took            map[string]float64 `json:"tookSeconds"`    // by phase, those that were reached
	Close           closeJSON          `json:"left"`
	Listening       Listening          `json:"serverListens"`             // loopback, outside, or "" when it is not known
	CertificateEnds time.Time          `json:"certificateEnds,omitzero"`  // the server's; absent without TLS
	PlainGet        *plainGetJSON      `json:"plainGet,omitempty"`        // absent when check was interrupted
	Sent            string             `json:"sent"`                      // the handshake
	Received        string             `json:"came,omitempty"`            // what the server sent, quoted; absent for ok
	Messages        []messageJSON      `json:"messages"`                  // after the handshake, the first 50 and the last 50
	MessagesLeftOut uint64             `json:"messagesLeftOut,omitempty"` // between those
	Annotations     []Annotation       `json:"annotations,omitempty"`     // to set when healthy, after a look at each note; absent when the port is any free one
	Tries           []tryJSON          `json:"find,omitempty"`            // of check -find, in order
	Found           *foundJSON         `json:"found,omitempty"`           // what came of them; absent without a search
}

// closeJSON is how the connection was closed.
type closeJSON struct {
	How     string  `json:"how"`
	Seconds float64 `json:"seconds"` // since the verdict
	Bytes   int64   `json:"bytes"`   // received meanwhile
}

// plainGetJSON is what a plain GET to the target gets.
type plainGetJSON struct {
	Status int    `json:"status"` // 0: no response
	Text   string `json:"text"`
}

// messageJSON is one message after the handshake.
type messageJSON struct {
	Seconds float64 `json:"seconds"` // since the probe began
	Way     string  `json:"way"`     // sent or came
	Type    string  `json:"kind"`    // text, binary, ping, pong, close
	Payload string  `json:"payload"` // quoted, cut, after the code of a Close; "…" for a secret
}

func (r *Report) json() reportJSON {
	j := reportJSON{
		VerdictJSON: NewVerdictJSON(r.Verdict), Version: r.Version, Target: r.Target.String(), Peer: r.Verdict.Peer, Took: PhaseSeconds(r.Verdict),
		Close: closeJSON{string(r.Close.Outcome), Seconds(r.Close.Took), r.Close.Bytes}, Listening: r.Listening,
		CertificateEnds: r.Verdict.CertificateEnds, Sent: r.Target.Handshake(r.ShowSecrets), Received: r.Verdict.Received.String(), Messages: []messageJSON{},
		MessagesLeftOut: r.Messages.LeftOut(),
	}
	for _, m := range slices.Concat(r.Messages.First(), r.Messages.Last()) {
		j.Messages = append(j.Messages, messageJSON{Seconds(m.At), way(m), m.Type, MessageText(m)})
	}
	if r.PlainGet != nil {
		j.PlainGet = &plainGetJSON{r.PlainGet.Status, r.PlainGet.Text}
	}
	if r.gatewayReady() {
		j.Annotations = r.Gateway.Annotations()
	}
	j.Tries, j.Found = r.Found.json()
	return j
}

// WriteJSON writes one object, fit for a terminal too.
func (r *Report) WriteJSON(w io.Writer) { w.Write(MarshalPrintable(r.json())) }
