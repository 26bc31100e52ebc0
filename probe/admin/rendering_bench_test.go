package admin

import "testing"

// BenchmarkRenderings is what one rendering of each path costs, and with hostile bytes in all places that have any.
func BenchmarkRenderings(b *testing.B) {
	for _, s := range scenes {
		if s.name != "healthy" && s.name != "hostile" {
			continue
		}
		for _, path := range []string{"/", "/status", "/metrics"} {
			b.Run(s.name+path, func(b *testing.B) {
				o := stage(b, s)
				b.ReportAllocs()
				for b.Loop() {
					view(o, "GET", path, local)
				}
				b.ReportMetric(float64(view(o, "GET", path, local).Body.Len()), "bytes")
			})
		}
	}
}
