package upgrade

import "strings"

// maxHint bounds a hint in bytes: with phase, reason and the longest detail it fits a body of 512.
const maxHint = 512 - maxDetail - len("upgrade: bad_subprotocol:  ()\n")

// A hintRow is one row of the table that hints are made from: what is evident, and what to try then.
type hintRow struct {
	reason Reason
	status int       // of the response, 0 for any
	when   string    // what came, in words
	came   condition // reports whether that came, nil for whatever came
	// text is the hint. A "%s" in it stands for the causes that the configuration leaves open; where it leaves none,
	// the row does not apply.
	text   string
	causes []cause // the likeliest first
}

// A condition is about what came.
type condition func(*evidence) bool

// A cause returns what to try, or "" when the configuration already is as it asks or forbids it.
type cause func(*evidence) string

// hint returns what to try about a fault: the first row of the table that fits, or the reason's own hint.
func (s *session) hint(f *fault) string {
	if f.reason == OK {
		return ""
	}
	e := s.evidence(f)
	if _, text := e.find(); text != "" {
		return text
	}
	return f.reason.Hint()
}

// find returns the first row that fits and its text, "" when there is none.
func (e *evidence) find() (*hintRow, string) {
	for _, rows := range hintTables {
		for i := range rows {
			if text := rows[i].apply(e); text != "" {
				return &rows[i], text
			}
		}
	}
	return nil, ""
}

// apply returns the row's text, "" when the row does not fit.
func (r *hintRow) apply(e *evidence) string {
	if r.reason != e.reason || r.status != 0 && r.status != e.status || r.came != nil && !r.came(e) {
		return ""
	}
	before, after, listed := strings.Cut(r.text, "%s")
	if !listed {
		return r.text
	}
	list := e.open(r.causes, maxHint-len(before)-len(after))
	if list == "" {
		return ""
	}
	return before + list + after
}

// open returns the causes that the configuration leaves open as "a, b or c", as many of the likeliest as fit limit.
func (e *evidence) open(causes []cause, limit int) (list string) {
	var texts []string
	for _, c := range causes {
		text := c(e)
		if text == "" {
			continue
		}
		longer := enumerate(append(texts, text))
		if len(longer) > limit {
			break
		}
		texts, list = append(texts, text), longer
	}
	return list
}

// enumerate returns "a", "a or b", "a, b or c".
func enumerate(texts []string) string {
	last := len(texts) - 1
	if last == 0 {
		return texts[0]
	}
	return strings.Join(texts[:last], ", ") + " or " + texts[last]
}
