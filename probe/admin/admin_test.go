package probe

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"go.uber.org/zap"

	"wshealthz/upgrade"
)

// watched is a health listener with its history and its callers, and the admin options that show them.
func watched(t *testing.T, probe Probe, set ...func(*AdminOptions)) (ask func(path string, header ...string) int, o AdminOptions) {
	t.Helper()
	history := NewHistory(3 * time.Second)
	callers := NewCallers(history)
	drain := NewDrain()
	health := listen(t, drain.Over(Share(history.Of(probe), 0, background, history.Shared)), func(o *Options) { o.Callers = callers })
	o = AdminOptions{
		Address: "127.0.0.1:0", History: history, Callers: callers, Health: health, Draining: drain.Draining,
		Connections: func() int { return 3 }, Listens: func() Listens { return ListensLoopback },
		Sent: "GET /ws HTTP/1.1\r\nAuthorization: …\r\n\r\n", Target: "ws://localhost:8888/ws?…", Path: "/health", Timeout: 3 * time.Second,
		Settings: []Setting{{"WSHEALTHZ_TARGET", "ws://localhost:8888/ws?…"}}, Version: "1.2.3", Log: zap.NewNop(),
	}
	for _, f := range set {
		f(&o)
	}
	ask = func(path string, header ...string) int {
		t.Helper()
		request, err := http.NewRequest(http.MethodGet, "http://"+health.Addr().String()+path, nil)
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
	return ask, o
}

// view asks the admin handler as a peer at an address.
func view(o AdminOptions, method, path, peer string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(method, path, nil)
	request.RemoteAddr = peer
	recorder := httptest.NewRecorder()
	(&admin{o}).ServeHTTP(recorder, request)
	return recorder
}

const (
	local  = "127.0.0.1:50000"
	remote = "10.244.0.1:50000"
)

// TestAdminDoors: what whom gets, and that none of it starts a probe.
func TestAdminDoors(t *testing.T) {
	_, o := watched(t, func(context.Context) upgrade.Verdict {
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
		if got.Header().Get("Cache-Control") != "no-store" || c.method == "HEAD" && got.Body.Len() > 0 {
			t.Errorf("%s %s has the header %v and %d bytes", c.method, c.path, got.Header(), got.Body.Len())
		}
	}
}

// TestAdminListens: on a port of its own, beside the health listener, until it is stopped.
func TestAdminListens(t *testing.T) {
	_, o := watched(t, healthy)
	server, err := ListenAdmin(o)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve() }()
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
	if _, err := ListenAdmin(o); err == nil {
		t.Error("a port in use can be had twice")
	}
	server.Stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
