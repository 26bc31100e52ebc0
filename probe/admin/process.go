package admin

// processStats are figures of this process; nil is not known here.
type processStats struct {
	cpuSeconds, resident, virtual, started, openFiles, maxFiles *float64
}
