package probe

import "time"

// A DrainStatus is what a drain has done so far.
type DrainStatus struct {
	By       string    // what began it
	Began    time.Time // when
	Progress string    // what is waited for, or what came of it
	Over     bool      // whether nothing is waited for any more
}

// Status returns the status of the drain; false when there is none.
func (d *Drain) Status() (DrainStatus, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := d.phase.Load()
	if !p.draining() {
		return DrainStatus{}, false
	}
	s := DrainStatus{By: p.by, Began: p.began, Progress: p.outcome, Over: p.outcome != ""}
	switch {
	case s.Over:
	case p.gateway != "":
		s.Progress = p.gateway + "; waits for users"
	default:
		_, unaware := d.Callers.unaware(d.Answers)
		s.Progress = "waits for the gateway" + unawareText(unaware, d.Answers)
	}
	return s, true
}
