package main

import (
	"context"
	"time"

	"wshealthz/probe"
	"wshealthz/upgrade"
)

// A diagnosis is all that check knows of a server, and what check -json prints. Fields that mean what they mean in
// probe.Status have its names, and keep them. Times are RFC 3339, durations seconds. Nothing that the server sent is in
// it but quoted, and no secret but with -secrets.
type diagnosis struct {
	Status string    `json:"status"` // pass or fail
	Reason string    `json:"reason"`
	Phase  string    `json:"phase,omitempty"`  // absent where the reason has none
	Detail string    `json:"detail,omitempty"` // absent for ok, as the hint
	Hint   string    `json:"hint,omitempty"`
	Time   time.Time `json:"time"` // of the verdict

	Version string             `json:"version"`
	Target  string             `json:"target"`         // the query is "…"
	Peer    string             `json:"peer,omitempty"` // address that was dialed last
	Took    map[string]float64 `json:"tookSeconds"`    // by phase, those that were reached
	Left    departure          `json:"left"`

	Listens         probe.Listens   `json:"serverListens"`            // loopback, outside, or "" when it cannot be known
	CertificateEnds time.Time       `json:"certificateEnds,omitzero"` // the server's; absent without TLS
	PlainGet        *plainAnswer    `json:"plainGet,omitempty"`       // absent when check was interrupted
	Sent            string          `json:"sent"`                     // the handshake
	Came            string          `json:"came,omitempty"`           // what the server sent, quoted; absent for ok
	Messages        []message       `json:"messages"`                 // after the handshake
	Annotations     []probe.Setting `json:"annotations,omitempty"`    // to set when healthy; absent when the port is any free one

	settings       []string // to set when healthy, variables of ours
	readinessProbe string   // the same as YAML
	subprotocol    string   // that the server chose, where only one was offered
}

// departure is how the connection was left.
type departure struct {
	How     string  `json:"how"`
	Seconds float64 `json:"seconds"` // since the verdict
	Bytes   int64   `json:"bytes"`   // that came meanwhile
}

// plainAnswer is what a plain GET to the target gets.
type plainAnswer struct {
	Status int    `json:"status"` // 0: none came
	Text   string `json:"text"`
}

// message is one of those after the handshake.
type message struct {
	Seconds float64 `json:"seconds"` // since the probe began
	Way     string  `json:"way"`     // sent or came
	Kind    string  `json:"kind"`    // text, binary, ping, pong, close
	Payload string  `json:"payload"` // quoted, cut; "…" for a secret
}

// diagnose adds to a verdict what else can be known, and asks the target with a plain GET for it.
func diagnose(ctx context.Context, c *config, v upgrade.Verdict, s seen, secrets bool) *diagnosis {
	d := &diagnosis{
		Status: "fail", Reason: v.Reason.String(), Phase: v.Reason.Phase().String(), Detail: v.Detail, Hint: v.Hint, Time: v.At,
		Version: version, Target: c.target.String(), Peer: v.Peer, Took: probe.TookSeconds(v), Came: v.Came,
		Left:    departure{string(s.left.How), probe.Seconds(s.left.Took), s.left.Read},
		Listens: listens(&c.target), CertificateEnds: v.CertificateEnds, Sent: c.target.Handshake(secrets), Messages: []message{},
	}
	for _, line := range s.lines {
		d.Messages = append(d.Messages, messageOf(line, secrets))
	}
	if v.Healthy() {
		d.Status = "pass"
		d.prescribe(c)
	}
	prober := &upgrade.Prober{Target: c.target, Log: c.log, ShowSecrets: secrets}
	answer := prober.PlainGet(ctx)
	prober.Wait(context.Background())
	if ctx.Err() == nil {
		d.PlainGet = &plainAnswer{answer.Status, answer.Text}
	}
	return d
}

func messageOf(line upgrade.Line, secrets bool) message {
	m := message{probe.Seconds(line.At), "came", line.Kind, line.Payload}
	if line.Sent {
		m.Way = "sent"
	}
	if line.Secret && !secrets {
		m.Payload = "…"
	}
	return m
}
