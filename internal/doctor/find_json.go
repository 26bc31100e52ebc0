package doctor

import "wshealthz/upgrade"

// tryJSON is one try of check -find.
type tryJSON struct {
	Changes []Setting `json:"changes"` // to the environment as it is; "…" for what is set now and stays, "" to unset
	resultJSON
}

// foundJSON is the outcome of check -find: pass for a healthy environment, fail for the nearest.
type foundJSON struct {
	Changes []Setting `json:"changes"` // empty when none came nearer than the environment as it is
	resultJSON
	Ended string `json:"ended,omitempty"` // why the search ended early
}

// resultJSON is the verdict of a try, without its hint and time.
type resultJSON struct {
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"`
	Phase  string `json:"phase,omitempty"`
	Detail string `json:"detail,omitempty"`
}

func newResultJSON(v upgrade.Verdict) resultJSON {
	j := NewVerdictJSON(v)
	return resultJSON{j.Status, j.Reason, j.Phase, j.Detail}
}

// json returns the tries and the outcome; nothing for a nil f.
func (f *Found) json() (tries []tryJSON, found *foundJSON) {
	if f == nil {
		return nil, nil
	}
	for _, t := range f.Tries {
		tries = append(tries, tryJSON{shownSettings(t.Changes), newResultJSON(t.Verdict)})
	}
	found = &foundJSON{Changes: []Setting{}, resultJSON: resultJSON{Status: "fail"}, Ended: string(f.Ended)}
	if f.Best != nil {
		found.Changes, found.resultJSON = shownSettings(f.Best.Changes), newResultJSON(f.Best.Verdict)
	}
	return tries, found
}

func shownSettings(changes []Change) []Setting {
	list := []Setting{}
	for _, c := range changes {
		list = append(list, Setting{c.Name, c.Shown})
	}
	return list
}
