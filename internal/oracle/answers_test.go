//go:build oracles

package oracle

import (
	"testing"

	"wshealthz/upgrade"
)

// A finding is an answer and what all made of it.
type finding struct {
	*answer
	reason upgrade.Reason
	vote   vote
}

func (f finding) differs() bool { return (f.reason == upgrade.OK) != f.vote.healthy() }

func (f finding) class() string { return f.reason.String() + " " + f.vote.String() }

// TestAnswers compares the verdicts on generated answers.
func TestAnswers(t *testing.T) {
	seed, count := setting(t, "ORACLES_SEED", 1), setting(t, "ORACLES_ANSWERS", 2000)
	o := startOracles(t)
	g := newGenerator(uint64(seed))
	var answers []*answer
	for range count {
		answers = append(answers, g.answer())
	}
	t.Logf("seed %d; verdict, then what Chromium opens: directly, and through nginx, HAProxy and Caddy", seed)
	findings := comparison[*answer, finding]{
		cases: answers,
		ask: func(a *answer) finding {
			path := o.add(a)
			v := o.vote(path, a)
			return finding{a, probe(t, o.addresses[0], path, a.asked).Reason, v}
		},
		of:      func(f finding) *answer { return f.answer },
		names:   func(a *answer) []string { return a.names },
		smaller: (*answer).smaller,
		except:  except(o, answerExceptions),
	}.run(t)
	healthy := 0
	for _, f := range findings {
		if f.vote.healthy() {
			healthy++
		}
	}
	t.Logf("%d WebSockets opened, %d answers healthy by the yardstick", o.asked.Load(), healthy)
}
