package admin

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"

	"wshealthz/internal/doctor"
	"wshealthz/internal/testbed"
	"wshealthz/probe"
	"wshealthz/upgrade"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func healthy(context.Context) upgrade.Verdict {
	return upgrade.Verdict{Reason: upgrade.OK, At: time.Now()}
}

func unhealthy(reason upgrade.Reason, detail string) probe.Probe {
	return func(context.Context) upgrade.Verdict { return upgrade.NewVerdict(reason, detail) }
}

func target(t testing.TB, raw string) *upgrade.Target {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return &upgrade.Target{URL: u, Timeout: 3 * time.Second}
}

// recorded starts a health listener over verdict and returns what calls it, and the options of an admin listener that shows
// it.
func recorded(t *testing.T, verdict probe.Probe, set ...func(*Options)) (request func(path string, header ...string) int, o Options) {
	t.Helper()
	history, callers := NewHistory(3*time.Second), probe.NewCallers(time.Now)
	drain := probe.NewDrain(probe.DrainOptions{Callers: callers, Answers: 2, Timeout: time.Minute, Server: func() probe.ServerView { return probe.ServerView{} }, Log: zap.NewNop()})
	t.Cleanup(func() { drain.Terminate("end of the test") })
	health, err := probe.Listen(probe.Options{
		Address: "127.0.0.1:0", Path: "/health", Observe: callers.Observe, Log: zap.NewNop(),
		Probe: drain.Override(probe.Share(history.Record(verdict), 0, drain.Lifetime, history.CountShared)),
	})
	if err != nil {
		t.Fatal(err)
	}
	testbed.Run(t, health)
	o = Options{
		Address: "127.0.0.1:0", Target: target(t, "ws://localhost:8888/ws?s3cret"), History: history, Callers: callers, Draining: drain.Draining, Drain: drain,
		Gateway:           doctor.NewGateway(health.Addr().String(), "/health", false, 3*time.Second),
		CallerConnections: health.OpenConnections, ServerConnections: func() int { return 3 },
		Sockets:  func() Sockets { return Sockets{doctor.ListeningLoopback, new(int)} },
		Settings: []doctor.Setting{{Name: "WSHEALTHZ_TARGET", Value: "ws://localhost:8888/ws?…"}}, Version: "1.2.3", Log: zap.NewNop(),
	}
	for _, f := range set {
		f(&o)
	}
	return func(path string, header ...string) int { return get(t, "http://"+health.Addr().String()+path, header) }, o
}

// get sends a GET with header names and values in turns, and returns the status.
func get(t *testing.T, url string, header []string) int {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	request.Host = request.Header.Get("Host")
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	io.Copy(io.Discard, response.Body)
	return response.StatusCode
}

// view asks the admin handler as a peer at an address.
func view(o Options, method, path, peer string) *httptest.ResponseRecorder {
	path, query, _ := strings.Cut(path, "?")
	request := &probe.Request{Method: method, Path: path, Query: query, Host: "localhost"}
	request.Peer, _ = netip.ParseAddrPort(peer)
	answer := newHandler(o).answer(request)
	recorder := httptest.NewRecorder()
	for line := range strings.Lines(answer.Fields) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\r\n"), ": ")
		recorder.Header().Add(name, value)
	}
	recorder.WriteHeader(answer.Status)
	if method != http.MethodHead { // the server leaves it out
		recorder.Body.Write(answer.Body)
	}
	return recorder
}

const (
	local  = "127.0.0.1:50000"
	remote = "10.244.0.1:50000"
)

// TestAccess: who gets what, and nothing of it starts a probe.
func TestAccess(t *testing.T) {
	_, o := recorded(t, func(context.Context) upgrade.Verdict {
		t.Error("the admin listener started a probe")
		return upgrade.Verdict{}
	})
	for _, c := range []struct {
		method, path, peer string
		status             int
	}{
		{"GET", "/", local, 200}, {"GET", "/status", local, 200}, {"GET", "/metrics", local, 200}, {"GET", "/livez", local, 200},
		{"HEAD", "/", "[::1]:1", 200}, {"HEAD", "/status", "[::ffff:127.0.0.1]:1", 200},
		{"GET", "/metrics", remote, 200}, {"GET", "/livez", remote, 200},
		{"GET", "/", remote, 404}, {"GET", "/status", remote, 404}, {"POST", "/", remote, 404}, {"GET", "/", "", 404},
		{"GET", "/health", local, 404}, {"GET", "//", local, 404}, {"GET", "/metrics/", local, 404}, {"GET", "/debug/pprof/", local, 404},
		{"POST", "/metrics", local, 405}, {"OPTIONS", "/", local, 405}, {"PUT", "/livez", remote, 405},
	} {
		got := view(o, c.method, c.path, c.peer)
		if got.Code != c.status {
			t.Errorf("%s %s from %s gets %d, want %d", c.method, c.path, c.peer, got.Code, c.status)
		}
		if got.Header().Get("Content-Type") == "" || got.Body.Len() == 0 && c.method != "HEAD" {
			t.Errorf("%s %s has the header %v and %d bytes", c.method, c.path, got.Header(), got.Body.Len())
		}
	}
}

// TestListen: on a port of its own, next to the health listener, until it is stopped.
func TestListen(t *testing.T) {
	_, o := recorded(t, healthy)
	server, err := Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	testbed.Run(t, server)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get("http://" + server.Addr().String() + "/livez")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, _ := io.ReadAll(response.Body); response.StatusCode != 200 || string(body) != "ok\n" {
		t.Errorf("/livez says %d %q", response.StatusCode, body)
	}
	o.Address = server.Addr().String()
	if _, err := Listen(o); err == nil {
		t.Error("a port in use was bound again")
	}
}
