package admin

import (
	"os"
	"testing"
	"time"

	"wshealthz/internal/testbed"
)

// TestReadProcess compares what /proc says with what this process knows of itself.
func TestReadProcess(t *testing.T) {
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	before := readProcess()
	file.Close()
	p := readProcess()
	if *before.openFiles != *p.openFiles+1 || *p.openFiles < 3 || *p.maxFiles < *p.openFiles {
		t.Errorf("%v open files, then %v, of %v", *before.openFiles, *p.openFiles, *p.maxFiles)
	}
	if started := time.Unix(0, int64(*p.started*1e9)); time.Since(started) < 0 || time.Since(started) > time.Hour {
		t.Errorf("started at %v", started)
	}
	if *p.resident < 1<<20 || *p.resident > 1<<30 || *p.virtual < *p.resident {
		t.Errorf("%v bytes resident, %v mapped", *p.resident, *p.virtual)
	}
	testbed.Until(t, "CPU time is counted", func() bool {
		for begin := time.Now(); time.Since(begin) < 5*time.Millisecond; {
		}
		return *readProcess().cpuSeconds >= *p.cpuSeconds+0.03
	})
}
