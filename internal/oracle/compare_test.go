//go:build oracles

package oracle

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// minimiseFor bounds how long disagreements are made smaller.
const minimiseFor = time.Minute

// inFlight is the number of cases at a time. Twice as many as Chromium opens keeps it busy.
const inFlight = 2 * tabs * perTab

// A result is what wshealthz and the oracles made of a case.
type result interface {
	// differs reports whether they disagree.
	differs() bool
	// class is what a smaller case must share with the one that it stands for.
	class() string
	// pattern is the case with everything made equal that makes no difference.
	pattern() string
	String() string
}

// A comparison asks wshealthz and the oracles about cases of type C.
type comparison[C any, R result] struct {
	cases []C
	ask   func(C) R
	// of returns the case of a result, names what it was made by, and smaller simpler cases, the simplest first.
	of      func(R) C
	names   func(C) []string
	smaller func(C) []C
	// except returns the name of the exception that a disagreement falls under, "" if none.
	except func(R) string
}

// run asks about all cases, asks again where there is disagreement, and fails the test with the smallest case of each
// class of disagreement.
func (c comparison[C, R]) run(t *testing.T) []R {
	t.Helper()
	began := time.Now()
	results := atOnce(inFlight, c.cases, c.ask)
	t.Logf("%d cases in %v", len(c.cases), time.Since(began).Round(100*time.Millisecond))
	excepted := map[string]int{}
	groups := map[string][]C{}
	for _, r := range c.askAgain(t, results) {
		if name := c.except(r); name != "" {
			excepted[name]++
			continue
		}
		group := r.class() + " " + strings.Join(c.names(c.of(r)), ", ")
		groups[group] = append(groups[group], c.of(r))
	}
	for name, count := range excepted {
		t.Logf("excepted: %4d  %s", count, name)
	}
	if len(groups) > 0 {
		t.Error(c.report(groups))
	}
	return results
}

// askAgain returns those results that differ when asked a second time: a vote on a busy machine may be wrong once.
func (c comparison[C, R]) askAgain(t *testing.T, results []R) (differ []R) {
	var again []C
	var classes []string
	for _, r := range results {
		if r.differs() {
			again, classes = append(again, c.of(r)), append(classes, r.class())
		}
	}
	for i, r := range atOnce(inFlight, again, c.ask) {
		if r.class() != classes[i] {
			t.Logf("flaky: first %s, then %s: %v", classes[i], r.class(), r)
			r = c.ask(again[i])
		}
		if r.differs() {
			differ = append(differ, r)
		}
	}
	return differ
}

// report minimises one case of each group, and describes the classes that are left.
func (c comparison[C, R]) report(groups map[string][]C) string {
	var simplest []string // those that were made by fewest things first: others may turn out to be the same
	for group := range groups {
		simplest = append(simplest, group)
	}
	slices.SortFunc(simplest, func(a, b string) int {
		if d := len(c.names(groups[a][0])) - len(c.names(groups[b][0])); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	end := time.Now().Add(minimiseFor)
	smallest := atOnce(8, simplest, func(group string) R { return c.minimise(groups[group][0], end) })
	count, shown := map[string]int{}, map[string]string{}
	total := 0
	for i, r := range smallest {
		key := r.class() + " " + r.pattern()
		count[key] += len(groups[simplest[i]])
		total += len(groups[simplest[i]])
		if text := r.String(); shown[key] == "" || len(text) < len(shown[key]) {
			shown[key] = text
		}
	}
	var lines []string
	for _, key := range slices.Sorted(maps.Keys(shown)) {
		class, _, _ := strings.Cut(key, " |")
		lines = append(lines, fmt.Sprintf("%-28s %4d  %s", class, count[key], shown[key]))
	}
	return fmt.Sprintf("%d cases differ in %d classes: class, number, smallest case\n%s", total, len(lines), strings.Join(lines, "\n"))
}

// minimise returns the result of the smallest case found, until end, that shares the class.
func (c comparison[C, R]) minimise(start C, end time.Time) R {
	r := c.ask(start)
	for time.Now().Before(end) {
		found := false
		for candidates := range slices.Chunk(c.smaller(c.of(r)), 24) {
			for _, smaller := range atOnce(inFlight, candidates, c.ask) {
				if smaller.class() == r.class() {
					r, found = smaller, true
					break
				}
			}
			if found {
				break
			}
		}
		if !found {
			break
		}
	}
	return r
}

// setting returns the number in an environment variable.
func setting(t *testing.T, name string, otherwise int) int {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}
