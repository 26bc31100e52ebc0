package probe

import (
	"net/http"
	"strconv"
	"time"

	"wshealthz/upgrade"
)

// old is the age from which a verdict, or the last caller, tells little about now: a gateway asks more often.
const old = time.Minute

// A verdictView is the first thing that a person sees.
type verdictView struct {
	Title  string // of the window
	State  string // healthy, unhealthy, draining, none: the class, too
	Words  string // State in words
	Reason string // none for ok
	Phase  string
	Detail string
	Hint   string
	Answer string // what a gateway gets
	When   string // of the verdict, with its age; none while draining
	Since  string // how long it is like this
	Cut    bool   // off from the gateway: the server listens on loopback alone
	Old    bool
}

func viewVerdict(s Status) verdictView {
	v := verdictView{State: "unhealthy", Reason: s.Reason, Phase: s.Phase, Detail: own(s.Detail), Hint: own(s.Hint)}
	status := http.StatusServiceUnavailable
	switch {
	case s.Draining:
		v.State = "draining"
	case s.Status == "":
		v.State, v.Words, v.Title = "none", "no verdict yet", "wshealthz: no verdict yet"
		return v
	case s.Status == "pass":
		v.State, v.Reason, status = "healthy", "", http.StatusOK
	}
	v.Words, v.Title, v.Cut = v.State, "wshealthz: "+v.State, s.Listens == ListensLoopback
	if v.State == "unhealthy" {
		v.Title += ", " + s.Reason
	}
	v.Answer = strconv.Itoa(status) + " " + http.StatusText(status)
	if v.State != "draining" {
		age := s.Now.Sub(s.Time)
		v.When, v.Old = clock(s.Time)+", "+ago(s.Now, s.Time), age >= old
		v.Since = streak(s.History)
		if v.Old {
			v.Words += " " + ago(s.Now, s.Time)
			v.Title += " " + ago(s.Now, s.Time)
		}
	}
	if s.Reason == upgrade.Draining.String() {
		v.Reason = "" // the state says it
	}
	return v
}

// streak says since when the probes have ended as the last one did.
func streak(history []Entry) string {
	first := len(history) - 1
	for first > 0 && history[first-1].Reason == history[len(history)-1].Reason {
		first--
	}
	if first < 0 {
		return ""
	}
	since := clock(history[first].Time) + ", " + plural(len(history)-first, "probe") + " in a row"
	if first == 0 && len(history) == kept {
		since = "before " + since + " or more"
	}
	return since
}
