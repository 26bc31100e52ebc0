package probe

import (
	"context"
	"io"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"

	"wshealthz/internal/testbed"
	"wshealthz/upgrade"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func healthy(context.Context) upgrade.Verdict {
	return upgrade.Verdict{Reason: upgrade.OK, At: time.Now()}
}

func unhealthy(reason upgrade.Reason, detail string) Probe {
	return func(context.Context) upgrade.Verdict { return upgrade.NewVerdict(reason, detail) }
}

// TestRequests: what is asked in which way gets which status, over a server that is well.
func TestRequests(t *testing.T) {
	server := listen(t, healthy)
	for request, want := range map[string]int{
		"GET /health HTTP/1.1\r\nHost: ws.contoso.com\r\n\r\n":                                 200,
		"GET /health HTTP/1.1\r\nHost: [::1]:10101\r\nUser-Agent: x\r\n\r\n":                   200,
		"GET /health HTTP/1.0\r\n\r\n":                                                         200,
		"HEAD /health HTTP/1.1\r\nHost: x\r\n\r\n":                                             200,
		"GET /health?a=b#c HTTP/1.1\r\nHost: x\r\n\r\n":                                        200,
		"GET /he%61lth HTTP/1.1\r\nHost: x\r\n\r\n":                                            200,
		"GET http://y/health HTTP/1.1\r\nHost: x\r\n\r\n":                                      200,
		"GET /health HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n": 200,
		"GET /health HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n": 200,
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n":                                                      404,
		"GET //health HTTP/1.1\r\nHost: x\r\n\r\n":                                               404,
		"GET /health/ HTTP/1.1\r\nHost: x\r\n\r\n":                                               404,
		"GET /./health HTTP/1.1\r\nHost: x\r\n\r\n":                                              404,
		"GET /x/../health HTTP/1.1\r\nHost: x\r\n\r\n":                                           404,
		"GET /Health HTTP/1.1\r\nHost: x\r\n\r\n":                                                404,
		"POST /other HTTP/1.1\r\nHost: x\r\n\r\n":                                                404,
		"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n":                                                  404,
		"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n":                                              404,
		"POST /health HTTP/1.1\r\nHost: x\r\n\r\n":                                               405,
		"OPTIONS /health HTTP/1.1\r\nHost: x\r\n\r\n":                                            405,
		"get /health HTTP/1.1\r\nHost: x\r\n\r\n":                                                405,
		"GET /health HTTP/1.1\r\n\r\n":                                                           400,
		"GET /health HTTP/1.1\r\nHost: x\r\nbroken\r\n\r\n":                                      400,
		"GET /health HTTP/1.1\r\nHost: x\r\nExpect: the-unexpected\r\nContent-Length: 1\r\n\r\n": 200,
		"GET /health HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 2*maxHead) + "\r\n\r\n":   431,
		"GET /health HTTP/3.0\r\nHost: x\r\n\r\n":                                                505,
		"GET /health HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n":                     501,
	} {
		response, body := call(t, server).send(t, request)
		if response.StatusCode != want {
			t.Errorf("%.60q gets %s, want %d", request, response.Status, want)
		}
		if want != 200 && want != 404 && want != 405 {
			continue
		}
		head := strings.HasPrefix(request, "HEAD")
		if want == 200 && (body == "ok\n") == head || response.ContentLength != int64(len(body)) && !head {
			t.Errorf("%.60q gets the body %q of length %d", request, body, response.ContentLength)
		}
		if got := response.Header.Get("Content-Type") + " " + response.Header.Get("Cache-Control"); got != "text/plain; charset=utf-8 no-store" {
			t.Errorf("%.60q gets %q", request, got)
		}
		if allow := response.Header.Get("Allow"); (want == 405) != (allow == "GET, HEAD") {
			t.Errorf("%.60q gets Allow %q", request, allow)
		}
	}
}

// TestBodies: each reason's body begins with phase and reason, ends with the hint, and is one line of ASCII.
func TestBodies(t *testing.T) {
	for _, reason := range upgrade.Reasons() {
		if reason == upgrade.OK {
			continue
		}
		for _, detail := range []string{"short", strings.Repeat("long ", 64), "hidden ?… and \x1b[31m\nmore é"} {
			status, body := get(t, listen(t, unhealthy(reason, detail)))
			want := reason.String() + ": "
			if phase := reason.Phase().String(); phase != "" {
				want = phase + ": " + want
			}
			if status != 503 || !strings.HasPrefix(body, want) || !strings.HasSuffix(body, " ("+reason.Hint()+")\n") || len(body) > maxBody {
				t.Errorf("%d %q, want 503, %q first, the hint last, at most %d bytes", status, body, want, maxBody)
			}
			for _, c := range []byte(strings.TrimSuffix(body, "\n")) {
				if c < ' ' || c > '~' {
					t.Errorf("%q is not printable ASCII", body)
					break
				}
			}
		}
	}
}

// TestKeepAlive: many requests on one connection, HEAD among them, each with its length.
func TestKeepAlive(t *testing.T) {
	c := call(t, listen(t, healthy))
	for i := range 10 {
		method := []string{"GET", "HEAD"}[i%2]
		response, _ := c.send(t, method+" /health HTTP/1.1\r\nHost: x\r\n\r\n")
		if response.StatusCode != 200 || response.Header.Get("Content-Length") != "3" {
			t.Errorf("%s gets %s with length %s", method, response.Status, response.Header.Get("Content-Length"))
		}
	}
}

// TestAnnouncedBody is answered before it comes, without 100, and the connection ends with FIN.
func TestAnnouncedBody(t *testing.T) {
	server := listen(t, healthy)
	for _, header := range []string{"Content-Length: 5", "Content-Length: 99999999", "Transfer-Encoding: chunked", "Expect: 100-continue\r\nContent-Length: 5"} {
		c := call(t, server)
		response, body := c.send(t, "GET /health HTTP/1.1\r\nHost: x\r\n"+header+"\r\n\r\n")
		if response.StatusCode != 200 || body != "ok\n" || !response.Close {
			t.Errorf("%s: %s %q, close %v, want 200 and Connection: close", header, response.Status, body, response.Close)
		}
		if rest, err := io.ReadAll(c); len(rest) > 0 || err != nil {
			t.Errorf("%s: then %q, %v, want EOF", header, rest, err)
		}
	}
}

// TestPathIsConfigured: and it is compared with the decoded path.
func TestPathIsConfigured(t *testing.T) {
	server := listen(t, healthy, func(o *Options) { o.Path = "/über health" })
	root := listen(t, healthy, func(o *Options) { o.Path = "/" })
	for target, want := range map[string]int{"/": 200, "http://x": 200, "http://x/?q": 200, "http://x/y": 404, "*": 404, "x:443": 404} {
		if response, _ := call(t, root).send(t, "GET "+target+" HTTP/1.1\r\nHost: x\r\n\r\n"); response.StatusCode != want {
			t.Errorf("%s gets %s, want %d", target, response.Status, want)
		}
	}
	for path, want := range map[string]int{"/%C3%BCber%20health": 200, "/%c3%bcber%20healt%68": 200, "/health": 404} {
		if response, _ := call(t, server).send(t, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n"); response.StatusCode != want {
			t.Errorf("%s gets %s, want %d", path, response.Status, want)
		}
	}
}

// TestPipeliningCallersDoNotStopOthers: many send thousands of requests at once and read no answer; with one processor
// the gateway is served all the same.
func TestPipeliningCallersDoNotStopOthers(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	server := listen(t, healthy)
	flood := strings.Repeat("GET /x HTTP/1.1\r\nHost: x\r\n\r\n", 2000)
	for range 60 {
		conn := call(t, server).Conn
		go io.WriteString(conn, flood)
	}
	for range 20 {
		began := time.Now()
		if status, _ := get(t, server); status != 200 {
			t.Errorf("%d, want 200", status)
		}
		if took := time.Since(began); took > testbed.Patience/2 {
			t.Errorf("answered after %v", took)
		}
	}
}

// TestSilentCallersDoNotStopOthers: with more silent connections than the bound, the gateway is still served.
func TestSilentCallersDoNotStopOthers(t *testing.T) {
	server := listen(t, healthy)
	for range 2 * maxConnections {
		call(t, server)
	}
	if status, _ := get(t, server); status != 200 {
		t.Errorf("%d, want 200", status)
	}
}

// TestStop: the listener closes, idle connections close, and callers who wait get an answer.
func TestStop(t *testing.T) {
	drain := newDrain(t)
	asked := make(chan struct{})
	server := listen(t, drain.Override(func(ctx context.Context) upgrade.Verdict {
		close(asked)
		<-drain.Lifetime().Done()
		return upgrade.NewVerdict(upgrade.Canceled, "canceled")
	}))
	waiting, idle := call(t, server), call(t, server)
	io.WriteString(waiting, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
	<-asked
	drain.Begin("test")
	server.Stop()
	response, err := http.ReadResponse(waiting.Reader, nil)
	if err != nil || response.StatusCode != 503 {
		t.Fatalf("%v, want 503", err)
	}
	if body, _ := io.ReadAll(response.Body); !strings.HasPrefix(string(body), "draining: ") {
		t.Errorf("%q, want draining", body)
	}
	if _, err := idle.ReadByte(); err == nil {
		t.Error("an idle connection outlives the server")
	}
	if _, err := net.Dial("tcp", server.Addr().String()); err == nil {
		t.Error("the port still takes connections")
	}
}

// TestPortInUse is an error before anything is served.
func TestPortInUse(t *testing.T) {
	server := listen(t, healthy)
	if _, err := Listen(Options{Address: server.Addr().String(), Log: zap.NewNop()}); err == nil || !strings.Contains(err.Error(), strconv.Itoa(server.Addr().(*net.TCPAddr).Port)) {
		t.Errorf("%v, want the address that is in use", err)
	}
}
