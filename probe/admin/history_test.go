package admin

import (
	"context"
	"fmt"
	"testing"
	"time"

	"wshealthz/upgrade"
)

// TestHistory: the last 120 probes are recorded, and the last failure with what was received, but nothing that was canceled.
func TestHistory(t *testing.T) {
	next := upgrade.Verdict{}
	h := NewHistory(time.Second)
	if last := h.last(); !last.At.IsZero() {
		t.Error("a new history has a last verdict")
	}
	record := h.Record(func(context.Context) upgrade.Verdict { return next })
	next = upgrade.Verdict{Reason: upgrade.NotHTTP, At: time.Now(), Received: upgrade.Excerpt{Bytes: []byte("SSH-2.0")}, Detail: "first"}
	record(t.Context())
	for i := range maxHistory + 5 {
		next = upgrade.Verdict{Reason: upgrade.OK, At: time.Now(), Detail: fmt.Sprint(i)}
		record(t.Context())
		next = upgrade.Verdict{Reason: upgrade.Canceled, At: time.Now()}
		record(t.Context())
	}
	probes := h.list()
	if len(probes) != maxHistory || probes[0].Detail != "5" || probes[maxHistory-1].Detail != fmt.Sprint(maxHistory+4) {
		t.Errorf("%d probes from %q on, want the last %d", len(probes), probes[0].Detail, maxHistory)
	}
	if failure := h.lastFailure(); failure.Received.String() != `"SSH-2.0"` || failure.Detail != "first" {
		t.Errorf("the last failure is %+v", failure)
	}
	if last := h.last(); last.Reason != upgrade.OK {
		t.Errorf("the last verdict is %v", last.Reason)
	}
}
