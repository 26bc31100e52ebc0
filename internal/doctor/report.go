// Package doctor turns what is known of a server into advice: a typed Report, written as text or JSON where it leaves the
// program. The check command prints it, and the admin listener's page and status show the same facts.
package doctor

import (
	"wshealthz/upgrade"
)

// A Report is what is known of a server after one probe. Durations, reasons and received bytes keep their types until the
// report is written; secrets were left out where the bytes were received.
type Report struct {
	Version  string // of this program
	Target   *upgrade.Target
	Gateway  Gateway
	Verdict  upgrade.Verdict
	Close    upgrade.CloseResult
	Messages Messages // of the exchange; none when nobody traced them

	// Listening tells where the server listens.
	Listening Listening
	// PlainGet is what a GET without an upgrade gets; nil when that was not tried.
	PlainGet *upgrade.PlainResponse
	// Found is the outcome of the search for a cure; nil when there was none.
	Found *Found
	// ShowSecrets also shows header values and the target's query in the handshake that was sent.
	ShowSecrets bool
}

// NewReport returns a report without a verdict. It tells the gateway what the target tells of the server.
func NewReport(target *upgrade.Target, gateway Gateway, version string) *Report {
	gateway.Secure = target.Secure()
	return &Report{Version: version, Target: target, Gateway: gateway}
}

// A Setting is a variable or an annotation, and its value as it may be shown.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}
