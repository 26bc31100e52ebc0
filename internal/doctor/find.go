package doctor

import (
	"context"
	"time"

	"wshealthz/upgrade"
)

const (
	// maxTries bounds the handshakes of a search.
	maxTries = 60
	// shrinkTries of them are kept to find out which changes are not needed.
	shrinkTries = 5
	// tryPause is the time from the end of one connection to the next try.
	tryPause = 50 * time.Millisecond
	// maxTimeouts bounds the tries that time out: some servers keep the socket of each.
	maxTimeouts = 8
	// maxUnavailable bounds the answers 503 in a row: a server that limits the rate may answer so.
	maxUnavailable = 3
)

// A Search tries settings that usually cure an unhealthy verdict: real handshakes, one after the other, each on a
// connection that is closed before the next one begins, and always with the target's own host.
type Search struct {
	Target  *upgrade.Target // as configured
	Verdict upgrade.Verdict // with that
	// Environment holds the variables that are set, defaults included.
	Environment []Setting
	// Configure returns a prober for the environment with these changes, or false if it is not a valid configuration.
	Configure func([]Change) (*upgrade.Prober, bool)
	// Tried is called after each try. Default: none.
	Tried func(number int, try Try)
}

// A Change sets a variable of the environment.
type Change struct {
	Name string
	// Value is the new value; "" unsets the variable. For WSHEALTHZ_HEADERS it is lines to add to those that are set.
	Value string
	// Shown is the whole value as it may be shown: with "…" for what is set now, stays, and may be secret.
	Shown string
}

// A Try is one handshake of a search.
type Try struct {
	Changes []Change // to the environment as it is
	Verdict upgrade.Verdict
}

// Found is the outcome of a search.
type Found struct {
	Tries []Try
	// Best is the healthy try with the fewest changes, otherwise the one that came nearest; nil if none came nearer than
	// the environment as it is.
	Best *Try
	// OtherPath reports whether that changes the target's path: another WebSocket may be there.
	OtherPath bool
	Ended     Ending
}

// Healthy reports whether a healthy environment was found.
func (f *Found) Healthy() bool { return f.Best != nil && f.Best.Verdict.Healthy() }

// An Ending is why a search ended.
type Ending string

const (
	Complete    Ending = "" // healthy, or nothing is left to try
	Interrupted Ending = "interrupted"
	TriesUsed   Ending = "that is as many as a search may use"
	ServerGone  Ending = "the server no longer accepts connections"
	RateLimited Ending = "the server limits the rate of requests"
	TimedOut    Ending = "too many tries timed out"
)

// Run searches until a try is healthy, then drops the changes that are not needed for that. It ends at once when ctx is
// canceled, apart from at most a second in which the last connection is closed.
func (s *Search) Run(ctx context.Context) *Found {
	f := newFinder(ctx, s)
	for f.found.Ended == Complete && f.healthy == nil {
		from, cure := f.next()
		if from == nil {
			break
		}
		f.takeCure(from, cure)
	}
	if f.healthy != nil {
		f.shrink()
	}
	if best := f.best(); best != nil {
		f.found.Best = &Try{best.changes, best.verdict}
		f.found.OtherPath = best.path != f.start.path
	}
	return &f.found
}

// takeCure tries what a cure proposes and keeps what came nearer. It ends with the first that is healthy, except one that
// leaves the certificate unverified: the names that it shows may do better.
func (f *finder) takeCure(from *state, cure cure) {
	for proposal := range cure(f, from) {
		if len(f.found.Tries) >= maxTries-shrinkTries {
			f.found.Ended = TriesUsed
		}
		if f.found.Ended != Complete {
			return
		}
		st, fresh := f.try(proposal)
		switch {
		case !fresh:
		case st.verdict.Healthy():
			if f.healthy == nil || f.healthy.skipVerify {
				f.healthy = st
			}
			if !st.skipVerify || from.skipVerify {
				return
			}
		default:
			f.keepIfNearer(st, from)
		}
	}
}

// keepIfNearer keeps a state that is nearer than the one that it was made from. Whatever a server answers once it no
// longer answers 403 or 421 to the same path is nearer too, even 404.
func (f *finder) keepIfNearer(st, from *state) {
	st.admitted = from.admitted
	if from.answer.refusesClient() && st.answer.status != 0 && !st.answer.refusesClient() && st.path == from.path {
		st.admitted++
	}
	if st.nearer(from) {
		f.kept = append(f.kept, st)
	}
}

// shrink puts back one part of the healthy settings after the other, and keeps what is still healthy.
func (f *finder) shrink() {
	for _, putBack := range parts {
		settings := f.healthy.settings
		if putBack(&settings, &f.start.settings); settings == f.healthy.settings {
			continue
		}
		if f.found.Ended != Complete || len(f.found.Tries) >= maxTries {
			return
		}
		if st, _ := f.try(settings); st != nil && st.verdict.Healthy() {
			f.healthy = st
		}
	}
}

// best returns the healthy state, otherwise the nearest; nil if that is the start.
func (f *finder) best() *state {
	if f.healthy != nil {
		return f.healthy
	}
	best := f.start
	for _, st := range f.kept {
		if st.nearer(best) {
			best = st
		}
	}
	if best == f.start {
		return nil
	}
	return best
}
