//go:build oracles

package oracle

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"wshealthz/upgrade"
)

// An exchanged is a sequence of frames and what came of it.
type exchanged struct {
	sequence
	ours, theirs string // gotEnd, closed, failed or waited; ours may be another reason
}

func (e exchanged) differs() bool { return e.ours != e.theirs }
func (e exchanged) class() string { return e.ours + ", Chromium " + e.theirs }

func (e exchanged) String() string {
	if e.deflate {
		return fmt.Sprint("permessage-deflate ", e.frames)
	}
	return fmt.Sprint(e.frames)
}

// pattern is the sequence with characters that are alike made equal.
func (e exchanged) pattern() string {
	var b strings.Builder
	fmt.Fprintf(&b, "|%t ", e.deflate)
	for _, f := range e.frames {
		f.payload = alike(f.payload)
		b.WriteString(f.String() + " ")
	}
	return b.String()
}

// waited is what came of a sequence when the client waits for more than was sent.
const waited = "waited"

// exchange returns what wshealthz and Chromium make of a sequence after a right head.
func (o *oracles) exchange(t *testing.T, s sequence) exchanged {
	a := s.answer()
	path := o.add(a)
	e := exchanged{s, "", o.open(o.addresses, path+"?chromium", a, true)}
	if o.ending(path+"?chromium") == starved {
		e.theirs = waited
	}
	verdict := readUntilEnd(t, o.addresses[0], path)
	e.ours = map[upgrade.Reason]string{upgrade.OK: gotEnd, upgrade.ClosedEarly: closed, upgrade.BadFrame: failed}[verdict.Reason]
	if e.ours == "" {
		e.ours = verdict.Reason.String()
	}
	if o.ending(path) == starved {
		e.ours = waited
	}
	return e
}

// TestFrames compares the verdicts on generated frames.
func TestFrames(t *testing.T) {
	seed, count := setting(t, "ORACLES_SEED", 1), setting(t, "ORACLES_FRAMES", 300)
	o := startOracles(t)
	g := newGenerator(uint64(seed))
	var sequences []sequence
	for range count {
		s := g.sequence()
		s.deflate = s.deflate && o.offer.Load() // else wshealthz and Chromium would not agree to the same
		sequences = append(sequences, s)
	}
	t.Logf("seed %d", seed)
	results := comparison[sequence, exchanged]{
		cases:   sequences,
		ask:     func(s sequence) exchanged { return o.exchange(t, s) },
		of:      func(e exchanged) sequence { return e.sequence },
		names:   func(s sequence) []string { return s.names },
		smaller: sequence.smaller,
		except:  except(o, frameExceptions),
	}.run(t)
	tally := map[string]int{}
	for _, e := range results {
		tally[e.theirs]++
	}
	t.Logf("Chromium: %v", tally)
}

// smaller returns simpler sequences, the simplest first.
func (s sequence) smaller() (all []sequence) {
	if s.deflate {
		all = append(all, sequence{s.frames, false, s.names})
	}
	for i := range s.frames {
		if len(s.frames) > 1 {
			all = append(all, sequence{slices.Delete(slices.Clone(s.frames), i, i+1), s.deflate, s.names})
		}
	}
	for i, f := range s.frames {
		try := func(change func(*frame)) {
			g := f
			if change(&g); g != f {
				frames := slices.Clone(s.frames)
				frames[i] = g
				all = append(all, sequence{frames, s.deflate, s.names})
			}
		}
		try(func(g *frame) { g.payload = "" })
		for from, to := range parts(len(f.payload)) {
			try(func(g *frame) { g.payload = f.payload[:from] + f.payload[to:] })
		}
		try(func(g *frame) { g.more = false })
		try(func(g *frame) { g.rsv = 0 })
		try(func(g *frame) { g.masked = false })
		try(func(g *frame) { g.form, g.claim = 0, 0 })
	}
	return all
}
