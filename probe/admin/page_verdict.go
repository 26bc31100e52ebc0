package admin

import (
	"net/http"
	"strconv"
	"time"

	"wshealthz/internal/doctor"
	"wshealthz/probe"
	"wshealthz/upgrade"
)

// old is the age from which a verdict, or the last caller, says little about now: a gateway asks more often.
const old = time.Minute

// A verdictView is the first thing that a person sees.
type verdictView struct {
	Title     string // of the window
	State     string // healthy, unhealthy, draining or none: also the class
	Words     string // State in words
	Reason    string // none for ok
	Phase     string
	Detail    string
	Hint      string
	Answer    string // what a gateway gets
	When      string // of the verdict, with its age; none while draining
	Since     string // how long it has been like this
	Drain     string // what is waited for in a drain, or what came of it
	Warning   string // about a server that takes back its 101
	Unreached bool   // no gateway reaches the server: it listens on loopback only
	Old       bool
}

func newVerdictView(s *snapshot) verdictView {
	if s.Verdict.At.IsZero() {
		return verdictView{State: "none", Words: "no verdict yet", Title: "wshealthz: no verdict yet"}
	}
	reason := s.Verdict.Reason
	v := verdictView{Phase: reason.Phase().String(), Detail: escapeConfig(s.Verdict.Detail), Hint: escapeConfig(s.Verdict.Hint), Unreached: s.Listening == doctor.ListeningLoopback}
	switch {
	case s.draining:
		v.State = "draining"
	case s.Verdict.Healthy():
		v.State = "healthy"
	default:
		v.State, v.Reason = "unhealthy", reason.String()
	}
	v.Words, v.Title = v.State, "wshealthz: "+v.State
	if v.Reason != "" {
		v.Title += ", " + v.Reason
	}
	status := probe.VerdictAnswer(s.Verdict).Status
	v.Answer = strconv.Itoa(status) + " " + http.StatusText(status)
	if s.draining {
		v.Drain = escapeConfig(s.drain.Progress)
		if !s.drain.Began.IsZero() {
			v.Since = clock(s.drain.Began) + ", " + ago(s.now, s.drain.Began) + ", by " + escapeConfig(s.drain.By)
		}
		return v
	}
	at := s.Verdict.At
	if s.refusal != nil {
		v.Warning = escapeConfig(doctor.RefusalAdvice(*s.refusal, s.Verdict.Healthy()))
	}
	v.When, v.Since, v.Old = clock(at)+", "+ago(s.now, at), streak(s.history), s.now.Sub(at) >= old
	if v.Old {
		v.Words += " " + ago(s.now, at)
		v.Title += " " + ago(s.now, at)
	}
	return v
}

// streak returns since when the probes have ended as the last one did.
func streak(history []upgrade.Verdict) string {
	first := len(history) - 1
	for first > 0 && history[first-1].Reason == history[len(history)-1].Reason {
		first--
	}
	if first < 0 {
		return ""
	}
	since := clock(history[first].At) + ", " + plural(len(history)-first, "probe") + " in a row"
	if first == 0 && len(history) == maxHistory {
		since = "before " + since + " or more"
	}
	return since
}
