package command

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"wshealthz/internal/testbed"
)

// TestCheckUnderFlood: a server that sends without an end costs check no memory, whatever check shows of it.
func TestCheckUnderFlood(t *testing.T) {
	const most = 48 << 10 // KiB of resident memory; it was 1.2 GiB after 3 s
	executable := testbed.Build(t, "wshealthz")
	flood := strings.Repeat(testbed.Frame(testbed.OpText, "flood"), 1<<10) + testbed.Frame(testbed.OpText, strings.Repeat("long", 20<<10))
	address, _ := testbed.Serve(t, "tcp4", func(p *testbed.Peer) {
		p.DoNotWatch()
		p.ReadRequest()
		p.Answer(testbed.SwitchingProtocols + "\r\n")
		for {
			if _, err := io.WriteString(p, flood); err != nil {
				return
			}
		}
	})
	for _, flag := range []string{"-v=false", "-v", "-json"} {
		p := testbed.Start(t, executable, []string{"WSHEALTHZ_TIMEOUT=2s", "WSHEALTHZ_EXPECT=never"}, "check", flag, "ws://"+address)
		high := 0
		for running := true; running; {
			select {
			case <-p.Exited():
				running = false
			case <-time.After(time.Millisecond):
				high = max(high, highWater(t, p.PID()))
			}
		}
		if code := p.ExitCode(); code != ExitFailure || high == 0 || high > most {
			t.Errorf("check %s: exit %d, at most %d KiB resident, want at most %d", flag, code, high, most)
		}
		t.Logf("check %s: at most %d KiB resident", flag, high)
	}
}

// highWater returns the most memory that was resident so far, in KiB; 0 when the process is gone.
func highWater(t *testing.T, pid int) (kib int) {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	if found := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status); found != nil {
		kib, _ = strconv.Atoi(string(found[1]))
	}
	return kib
}
