package upgrade

import "testing"

// TestEveryReasonIsProduced checks the closed set against the tables of the other tests.
func TestEveryReasonIsProduced(t *testing.T) {
	seen := map[Reason]bool{Draining: true /* in package probe */, Canceled: true /* TestCanceled */}
	for _, c := range wrongServers {
		seen[c.reason] = true
	}
	for _, c := range dialAndTLS {
		seen[c.reason] = true
	}
	for _, c := range pingServers {
		seen[c.reason] = true
	}
	for _, c := range protocolServers {
		seen[c.reason] = true
	}
	for _, reason := range Reasons() {
		if !seen[reason] {
			t.Errorf("no case produces %v", reason)
		}
	}
}

// TestReasonsAreComplete holds each entry of the table to what a body needs.
func TestReasonsAreComplete(t *testing.T) {
	names := map[string]bool{}
	for _, reason := range Reasons() {
		if reason.String() == "" || names[reason.String()] {
			t.Errorf("reason %d is called %q, want a name of its own", reason, reason)
		}
		names[reason.String()] = true
		if hint := reason.Hint(); (hint == "") != (reason == OK) || len(hint) > maxHint {
			t.Errorf("%v has a hint of %d bytes, want 1 to %d: %s", reason, len(hint), maxHint, hint)
		}
	}
}
