//go:build linux

package main

import (
	"fmt"
	"math"
)

// A goal is a bound on a row: so many of its unit, or so many times the value of a contestant.
type goal struct {
	atMost float64
	of     string // the name of that contestant; "": the unit
}

const nameWidth, wide, narrow = 42, 20, 12 // of the columns, in characters

// header prints the names of the contestants, of a path its end.
func (b *bench) header() {
	fmt.Printf("%-*s", nameWidth, "")
	for i, c := range b.contestants {
		width := b.width(i)
		fmt.Printf(" %*s", width, c.name[max(0, len(c.name)-width):])
	}
	fmt.Println()
}

// width returns the width of a column. Those of wshealthz have room for a change.
func (b *bench) width(i int) int {
	if i < b.ours {
		return wide
	}
	return narrow
}

// row prints the value of each contestant, "-" for NaN, for each wshealthz after the first also the change from that, and
// what became of the goals: they are those of the last wshealthz.
func (b *bench) row(what, unit string, values []float64, goals ...goal) {
	fmt.Printf("%-*s", nameWidth, what)
	for i, value := range values {
		text := "-"
		if !math.IsNaN(value) {
			text = fmt.Sprintf("%.2f", value)
		}
		if i > 0 && i < b.ours && values[0] > 0 {
			text += fmt.Sprintf(" (%+.1f %%)", 100*(value/values[0]-1))
		}
		fmt.Printf(" %*s", b.width(i), text)
	}
	fmt.Printf("  %s", unit)
	for _, g := range goals {
		fmt.Print(b.outcome(g, values))
	}
	fmt.Println()
}

// outcome returns a goal and whether the last wshealthz meets it.
func (b *bench) outcome(g goal, values []float64) string {
	value, unit := values[b.ours-1], ""
	if g.of != "" {
		unit = " × " + g.of
		other := b.valueOf(g.of, values)
		if math.IsNaN(other) {
			return fmt.Sprintf("; goal: at most %g%s, which is not here", g.atMost, unit)
		}
		value /= other
	}
	met := "met"
	if value > g.atMost {
		met = "MISSED"
	}
	return fmt.Sprintf("; goal: at most %g%s, %s at %.2f", g.atMost, unit, met, value)
}

// valueOf returns the value of the contestant of that name, NaN when there is none.
func (b *bench) valueOf(name string, values []float64) float64 {
	for i, c := range b.contestants {
		if c.name == name {
			return values[i]
		}
	}
	return math.NaN()
}
