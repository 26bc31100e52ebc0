package probe

import (
	"slices"
	"time"
)

// maxGaps is how many of a caller's intervals are kept.
const maxGaps = 16

// verdicts are what a caller was told, and how often it asks.
type verdicts struct {
	count     uint64
	last      time.Time // of the last one
	gaps      [maxGaps]time.Duration
	unhealthy uint64    // in a row, up to the last one
	turned    time.Time // when the first of these was given
}

func (v *verdicts) observe(healthy bool, now time.Time) {
	if v.count > 0 {
		v.gaps[(v.count-1)%maxGaps] = now.Sub(v.last)
	}
	v.count++
	v.last = now
	switch {
	case healthy:
		v.unhealthy = 0
	case v.unhealthy == 0:
		v.turned = now
		fallthrough
	default:
		v.unhealthy++
	}
}

// interval returns how often the caller asks: the second longest of its last gaps, zero before the second request. The
// longest may be a pause, after which the caller came back. A mean would be too short for several instances behind one
// address that ask at the same moment, and between two such moments none of them would seem to ask.
func (v *verdicts) interval() time.Duration {
	gaps := v.gaps
	known := gaps[:min(max(v.count, 1)-1, maxGaps)]
	slices.Sort(known)
	switch n := len(known); n {
	case 0:
		return 0
	case 1:
		return known[0]
	default:
		return known[n-2]
	}
}

// asks reports whether the caller can be expected to ask again: it asked at least twice, and last within twice its interval.
func (v *verdicts) asks(now time.Time) bool {
	return v.count > 1 && now.Sub(v.last) <= 2*v.interval()
}

// knows reports whether the caller has been told often enough: it had so many 503s in a row, and one more of its intervals
// has passed, after which it has acted on them. Several instances behind one address look like one that asks more often: as
// many intervals must have passed as the answers take one instance.
func (v *verdicts) knows(answers int, now time.Time) bool {
	if v.unhealthy < uint64(answers) {
		return false
	}
	interval := v.interval()
	return now.Sub(v.turned) >= time.Duration(answers)*interval && (v.unhealthy > uint64(answers) || now.Sub(v.last) >= interval)
}

// unaware returns how many callers count as a gateway's, and those of them that do not know yet, by address. The kubelet never
// counts.
func (c *Callers) unaware(answers int) (counted int, unaware []Caller) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	for _, caller := range c.callers {
		if caller.IsKubelet() || !caller.verdicts.asks(now) {
			continue
		}
		counted++
		if !caller.verdicts.knows(answers, now) {
			unaware = append(unaware, *caller)
		}
	}
	slices.SortFunc(unaware, func(a, b Caller) int { return a.Address.Compare(b.Address) })
	return counted, unaware
}
