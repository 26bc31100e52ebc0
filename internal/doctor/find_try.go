package doctor

import (
	"cmp"
	"context"
	"crypto/tls"
	"net"
	"slices"
	"strings"
	"time"

	"wshealthz/upgrade"
)

// A finder is a search in progress.
type finder struct {
	*Search
	ctx     context.Context
	start   *state            // the environment as it is
	kept    []*state          // the start, and what came nearer than the state that it was made from
	known   map[string]*state // by what is sent
	healthy *state
	names   []string // of the certificates that were seen
	found   Found

	timeouts, unavailable int
}

// A state is settings that were tried, and what came of it.
type state struct {
	settings
	changes  []Change
	verdict  upgrade.Verdict
	answer   answer
	symptom  symptom
	progress progress
	admitted int // how often a 403 or 421 turned into another answer on the way here
	cures    int // how many of the symptom's were tried
}

func newFinder(ctx context.Context, s *Search) *finder {
	f := &finder{Search: s, ctx: ctx, known: map[string]*state{}}
	f.start = newState(f.settingsNow(), nil, s.Verdict)
	f.kept = []*state{f.start}
	f.known[identity(s.Target)] = f.start
	return f
}

func newState(s settings, changes []Change, v upgrade.Verdict) *state {
	st := &state{settings: s, changes: changes, verdict: v, answer: parseAnswer(v)}
	st.symptom = st.symptomOf()
	st.progress = st.progressOf()
	return st
}

// nearer reports whether st is nearer to a healthy server than other, or as near and with a certificate that is verified.
func (st *state) nearer(other *state) bool {
	return cmp.Or(cmp.Compare(st.admitted, other.admitted), cmp.Compare(st.progress, other.progress),
		cmp.Compare(st.unverified(), other.unverified())) > 0
}

// unverified returns -1 for settings that leave the certificate unverified, otherwise 0.
func (s *settings) unverified() int {
	if s.skipVerify {
		return -1
	}
	return 0
}

// next returns the nearest state for whose symptom there is a cure that was not tried, and that cure; nil when there is
// none.
func (f *finder) next() (*state, cure) {
	var best *state
	for _, st := range f.kept {
		if st.cures < len(cures[st.symptom]) && (best == nil || st.nearer(best)) {
			best = st
		}
	}
	if best == nil {
		return nil, nil
	}
	best.cures++
	return best, cures[best.symptom][best.cures-1]
}

// try probes with other settings. It returns the earlier state, and false, when the same was sent before; and nil when
// the settings are not a valid configuration, would expose secrets, or the search ended.
func (f *finder) try(s settings) (st *state, fresh bool) {
	if f.exposes(s) {
		return nil, false
	}
	changes := f.changes(s)
	prober, valid := f.Configure(changes)
	if !valid {
		return nil, false
	}
	id := identity(&prober.Target)
	if st, found := f.known[id]; found {
		return st, false
	}
	select {
	case <-time.After(tryPause):
	case <-f.ctx.Done():
	}
	f.watchNames(&prober.Target)
	verdict := prober.Probe(f.ctx)
	prober.Wait(context.Background()) // at most a second, also when interrupted
	if verdict.Reason == upgrade.Canceled {
		f.found.Ended = Interrupted
		return nil, false
	}
	st = newState(s, changes, verdict)
	f.known[id] = st
	f.found.Tries = append(f.found.Tries, Try{changes, verdict})
	if f.Tried != nil {
		f.Tried(len(f.found.Tries), Try{changes, verdict})
	}
	f.checkLimits(st, &prober.Target)
	return st, true
}

// checkLimits ends the search when the server should be left alone.
func (f *finder) checkLimits(st *state, target *upgrade.Target) {
	switch st.verdict.Reason {
	case upgrade.DialTimeout, upgrade.TLSTimeout, upgrade.UpgradeTimeout, upgrade.ReplyTimeout, upgrade.WrongReply:
		f.timeouts++
	}
	f.unavailable++
	if st.answer.status != 503 {
		f.unavailable = 0
	}
	accepted := f.Verdict.Reason.Phase() != upgrade.Dial
	samePeer := target.DialHost() == f.Target.DialHost() && target.Port() == f.Target.Port()
	switch {
	case f.ctx.Err() != nil:
		f.found.Ended = Interrupted
	case st.verdict.Reason.Phase() == upgrade.Dial && accepted && samePeer:
		f.found.Ended = ServerGone
	case st.answer.status == 429, f.unavailable >= maxUnavailable && f.start.answer.status != 503:
		f.found.Ended = RateLimited
	case f.timeouts >= maxTimeouts:
		f.found.Ended = TimedOut
	}
}

// watchNames collects the names in the server's certificate where it is not verified: crypto/tls shows no other one.
func (f *finder) watchNames(t *upgrade.Target) {
	if !t.Secure() || !t.TLS().InsecureSkipVerify {
		return
	}
	configure := t.TLS
	t.TLS = func() *tls.Config {
		config := configure().Clone()
		config.VerifyConnection = func(state tls.ConnectionState) error {
			for _, name := range state.PeerCertificates[0].DNSNames {
				if !strings.Contains(name, "*") && !slices.Contains(f.names, name) {
					f.names = append(f.names, name)
				}
			}
			return nil
		}
		return config
	}
}

// identity returns all that decides what a probe of t meets: equal for two targets that differ in nothing.
func identity(t *upgrade.Target) string {
	id := net.JoinHostPort(t.DialHost(), t.Port()) + "\n"
	if t.Secure() {
		config := t.TLS()
		id += "TLS " + config.ServerName
		if config.InsecureSkipVerify {
			id += " not verified"
		}
	}
	for line := range strings.Lines(t.Handshake(true)) {
		if !strings.HasPrefix(line, "Sec-WebSocket-Key:") {
			id += line
		}
	}
	return id
}
