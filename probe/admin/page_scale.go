package admin

import (
	"math"
	"strconv"
	"time"

	"wshealthz/internal/doctor"
	"wshealthz/upgrade"
)

// scaleEnd returns the first of 5, 10, 20, 50 … milliseconds at or above the slowest probe: the scale does not move with
// every probe.
func scaleEnd(slowest time.Duration) time.Duration {
	end, halves := 5*time.Millisecond, []time.Duration{4, 4, 5}
	for i := 0; end < slowest; i++ {
		end = end * halves[i%len(halves)] / 2
	}
	return end
}

// height returns the height of a bar, on a logarithmic scale: loopback takes a fraction of a millisecond, a timeout seconds.
func height(took, most time.Duration) float64 {
	log := func(d time.Duration) float64 { return math.Log(float64(d) / float64(stripLeast)) }
	share := log(max(took, stripLeast)) / log(most)
	return 2 + (stripTall-2)*min(share, 1)
}

// levelText labels the scale.
func levelText(at time.Duration) string {
	if at < 100*time.Millisecond {
		return strconv.FormatInt(at.Milliseconds(), 10) + " ms"
	}
	return strconv.FormatFloat(at.Seconds(), 'g', -1, 64) + " s"
}

func total(p upgrade.Verdict) time.Duration {
	_, whole := doctor.Waterfall(p, false)
	return whole
}

func tenth(x float64) float64 { return math.Round(x*10) / 10 }
