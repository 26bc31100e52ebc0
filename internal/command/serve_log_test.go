package command

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"wshealthz/internal/testbed"
)

// TestFlappingIsSummedUp: a server and a file that are bad by turns fill no log, and the end of the process writes the sums.
func TestFlappingIsSummedUp(t *testing.T) {
	var probes atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if probes.Add(1)%2 == 0 {
			panic(http.ErrAbortHandler) // which hangs up
		}
	}))
	defer server.Close()
	var log *lines
	const changes = 100
	t.Run("serving", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "headers")
		testbed.WriteFile(t, file, "A: a")
		var address string
		address, log = serving(t, map[string]string{"TARGET": "ws" + strings.TrimPrefix(server.URL, "http"), "MAX_AGE": "0", "HEADERS_FILE": file})
		for i := range changes {
			testbed.WriteFile(t, file, []string{"bad", "A: a"}[i%2])
			testbed.Get(t, "http://"+address+"/health")
		}
	})
	text := log.String()
	for want, count := range map[string]int{
		"\n": 1 + 11 + 11, `"msg":"serving"`: 1, `"msg":"flapping"`: 2,
		`"changes":100,"between":["bad_status","hung_up"],"now":"unhealthy","reason":"hung_up"`:      1,
		`"now":"a file is good again, its content is in use","variables":["WSHEALTHZ_HEADERS_FILE"]`: 1,
	} {
		if n := strings.Count(text, want); n != count {
			t.Errorf("%q is %d times in the log, want %d", want, n, count)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}
