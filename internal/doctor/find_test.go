package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wshealthz/internal/config"
	"wshealthz/internal/testbed"
	"wshealthz/upgrade"
)

// patient is a budget for a probe that a busy machine does not use up.
const patient = "30s"

// find searches with these variables and returns what was found, and the text of all of it. tried may be nil.
func find(t *testing.T, ctx context.Context, variables map[string]string, tried func(number int)) (*Found, string) {
	t.Helper()
	if variables["TIMEOUT"] == "" {
		variables["TIMEOUT"] = patient
	}
	testbed.Setenv(t, variables)
	c, faults := config.Load(os.Environ(), "", "test")
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	first := &upgrade.Prober{Target: c.Target}
	var text bytes.Buffer
	s := &Search{Target: &c.Target, Verdict: first.Probe(t.Context())}
	first.Wait(t.Context())
	if s.Verdict.Healthy() {
		t.Fatal("healthy as it is")
	}
	for _, setting := range c.Settings {
		s.Environment = append(s.Environment, Setting(setting))
	}
	s.Configure = func(changes []Change) (*upgrade.Prober, bool) {
		values := map[string]string{}
		for _, change := range changes {
			values[change.Name] = change.Value
		}
		changed, faults := config.LoadWith(os.Environ(), "", "test", values)
		return &upgrade.Prober{Target: changed.Target}, len(faults) == 0
	}
	s.Tried = func(number int, try Try) {
		WriteTry(&text, Palette{}, number, try)
		if tried != nil {
			tried(number)
		}
	}
	found := s.Run(ctx)
	found.WriteText(&text, Palette{})
	return found, text.String()
}

// serve answers each request with what answer returns, "" for a 101. It fails the test when a connection comes before the
// one before it was closed, or when a client does not close politely: FIN without a WebSocket, else Close 1001 first.
func serve(t *testing.T, answer func(*testbed.Peer) string) (address string) {
	var open atomic.Int32
	address, _ = testbed.Serve(t, "tcp4", func(p *testbed.Peer) {
		p.DoNotWatch()
		if n := open.Add(1); n > 1 {
			t.Errorf("%d connections at a time", n)
		}
		defer open.Add(-1)
		if p.SpeaksTLS() {
			return
		}
		p.ReadRequest()
		text := answer(p)
		if text == "" {
			text = testbed.SwitchingProtocols + "\r\n"
		}
		if p.Answer(text); p.Upgraded {
			_, payload := p.ReadFrame()
			if string(payload) != "\x03\xe9" {
				t.Errorf("%s was closed with %q, want Close 1001", p.Request.URL, payload)
			}
			return // the client closes after that
		}
		if c := p.WatchClosing(); c.Err != io.EOF || c.Other > 0 {
			t.Errorf("%s was closed with %+v, want FIN", p.Request.URL, c)
		}
	})
	t.Cleanup(func() { testbed.Until(t, "all connections are closed", func() bool { return open.Load() == 0 }) })
	return address
}

const (
	notFound  = "HTTP/1.1 404 Not Found\r\n\r\n"
	badReq    = "HTTP/1.1 400 Bad Request\r\n\r\n"
	forbids   = "HTTP/1.1 403 Forbidden\r\n\r\n"
	overload  = "HTTP/1.1 503 Service Unavailable\r\n\r\n"
	tooMany   = "HTTP/1.1 429 Too Many Requests\r\n\r\n"
	noSession = "HTTP/1.1 401 Unauthorized\r\n\r\n"
)

// changesOf returns the changes of the best try as they are shown, without the prefix; "" for none.
func changesOf(f *Found) string {
	if f.Best == nil {
		return ""
	}
	var list []string
	for _, c := range f.Best.Changes {
		list = append(list, strings.TrimPrefix(c.String(), "WSHEALTHZ_"))
	}
	return strings.Join(list, " ")
}

// TestFind: what a server wants is found, and nothing else is changed.
func TestFind(t *testing.T) {
	path := func(want string) func(*testbed.Peer) string {
		return func(p *testbed.Peer) string {
			if p.Request.URL.Path != want {
				return notFound
			}
			return ""
		}
	}
	header := func(refusal, name, want string) func(*testbed.Peer) string {
		return func(p *testbed.Peer) string {
			if !strings.Contains(p.Request.Header.Get(name), want) {
				return refusal
			}
			return ""
		}
	}
	both := func(a, b func(*testbed.Peer) string) func(*testbed.Peer) string {
		return func(p *testbed.Peer) string {
			if text := a(p); text != "" {
				return text
			}
			return b(p)
		}
	}
	moved := "HTTP/1.1 301 Moved Permanently\r\nLocation: https://other.example:6379/login?token=x\r\n\r\n"
	for _, c := range []struct {
		name      string
		variables map[string]string
		answer    func(*testbed.Peer) string
		want      string
	}{
		{"path", map[string]string{}, path("/chat"), "TARGET=ws://ADDRESS/chat"},
		{"path before a proxy", map[string]string{"TARGET": "/app/custom"}, path("/custom"), "TARGET=ws://ADDRESS/custom"},
		{"slash", map[string]string{"TARGET": "/custom"}, path("/custom/"), "TARGET=ws://ADDRESS/custom/"},
		{"Host", map[string]string{"HOST": "wrong.example"}, func(p *testbed.Peer) string {
			if p.Request.Host != "localhost" {
				return "HTTP/1.1 421 Misdirected Request\r\n\r\n"
			}
			return ""
		}, "HOST=localhost"},
		{"a Host too many", map[string]string{"HOST": "wrong.example"}, func(p *testbed.Peer) string {
			if p.Request.Host == "wrong.example" {
				return forbids
			}
			return ""
		}, "HOST="},
		{"no Origin", map[string]string{"ORIGIN": "http://wrong.example"}, func(p *testbed.Peer) string {
			if p.Request.Header["Origin"] != nil {
				return forbids
			}
			return ""
		}, "ORIGIN="},
		{"the Origin that it names", map[string]string{}, header("HTTP/1.1 403 No\r\nAccess-Control-Allow-Origin: a'$x://app.example\r\n\r\n", "Origin", "app.example"), `ORIGIN='a'\''$x://app.example'`},
		{"X-Forwarded-Proto", map[string]string{"TIMEOUT": "3s"}, header(moved, "X-Forwarded-Proto", "https"), "HEADERS='X-Forwarded-Proto: https'"},
		{"User-Agent", map[string]string{"HEADERS": "A: b"}, header(forbids, "User-Agent", "Mozilla"), "HEADERS='…\n" + browserLine + "'"},
		{"User-Agent, then another path", map[string]string{"TARGET": "/"}, both(header(forbids, "User-Agent", "Mozilla"), path("/mqtt")), "TARGET=ws://ADDRESS/mqtt HEADERS='" + browserLine + "'"},
		{"X-Forwarded-Proto with its Origin", map[string]string{}, both(header(forbids, "X-Forwarded-Proto", "https"), header(forbids, "Origin", "https://127")),
			"ORIGIN=https://ADDRESS HEADERS='X-Forwarded-Proto: https'"},
		{"nothing that is known", map[string]string{}, header(badReq, "Sec-WebSocket-Protocol", "none"), ""},
		{"subprotocol that it answers", map[string]string{}, func(*testbed.Peer) string {
			return testbed.SwitchingProtocols + "Sec-WebSocket-Protocol: janus-protocol\r\n\r\n"
		}, "SUBPROTOCOLS=janus-protocol"},
		{"credentials", map[string]string{}, func(*testbed.Peer) string { return noSession }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			address := serve(t, c.answer)
			if !strings.HasPrefix(c.variables["TARGET"], "/") {
				c.variables["TARGET"] = "/custom"
			}
			c.variables["TARGET"] = "ws://" + address + c.variables["TARGET"]
			found, text := find(t, t.Context(), c.variables, nil)
			if got, want := changesOf(found), strings.ReplaceAll(c.want, "ADDRESS", address); got != want || found.Healthy() != (want != "") {
				t.Errorf("%s, want %s:\n%s", got, want, text)
			}
			for _, try := range found.Tries {
				if peer := try.Verdict.Peer; peer != address {
					t.Errorf("%v dialed %s", try.Changes, peer)
				}
			}
		})
	}
}

// TestFindIsBounded: however much comes nearer, and whatever could still be tried.
func TestFindIsBounded(t *testing.T) {
	var requests atomic.Int32
	address := serve(t, func(p *testbed.Peer) string {
		if requests.Add(1); p.Request.URL.Path == "/wrong" {
			return notFound
		}
		return badReq
	})
	found, text := find(t, t.Context(), map[string]string{"TARGET": "ws://" + address + "/wrong"}, nil)
	if found.Ended != TriesUsed || len(found.Tries) != maxTries-shrinkTries || requests.Load() > 1+maxTries || found.Healthy() {
		t.Errorf("%d tries, %d requests, %s", len(found.Tries), requests.Load(), text)
	}
	if want := "nothing was healthy in 55 tries (that is as many as a search may use); nearest:\nWSHEALTHZ_TARGET=ws://" + address + "/wrong/websocket\nupgrade: bad_status: 400 "; !strings.Contains(text, want) {
		t.Errorf("%s, want %s", text, want)
	}
}

// TestFindIsInterrupted between two tries, and while the server hangs: with what was found until then.
func TestFindIsInterrupted(t *testing.T) {
	for _, hangs := range []bool{false, true} {
		ctx, cancel := context.WithCancel(t.Context())
		var requests atomic.Int32
		address := serve(t, func(p *testbed.Peer) string {
			number := requests.Add(1)
			if p.Request.URL.Path == "/ws" {
				return badReq
			}
			if hangs && number == 5 {
				cancel()
				p.Read(make([]byte, 1)) // until the client closes
			}
			return notFound
		})
		began := time.Now()
		found, text := find(t, ctx, map[string]string{"TARGET": "ws://" + address + "/"}, func(number int) {
			if !hangs && number == 3 {
				cancel()
			}
		})
		if found.Ended != Interrupted || len(found.Tries) != 3 || changesOf(found) != "TARGET=ws://"+address+"/ws" || time.Since(began) > 20*time.Second {
			t.Errorf("hangs %v: %v, %s", hangs, time.Since(began), text)
		}
		if !strings.Contains(text, "nothing was healthy in 3 tries (interrupted); nearest:\n") {
			t.Error(text)
		}
	}
}

// TestFindLeavesServerAlone when it is gone, limits the rate, or does not answer.
func TestFindLeavesServerAlone(t *testing.T) {
	for want, answer := range map[Ending]func(n int) string{
		RateLimited:             func(n int) string { return []string{badReq, tooMany}[n/4] },
		RateLimited + " by 503": func(n int) string { return []string{badReq, overload}[n/4] },
	} {
		var n atomic.Int32
		address := serve(t, func(*testbed.Peer) string { return answer(int(n.Add(1)) - 1) })
		want, by503 := strings.CutSuffix(string(want), " by 503")
		tries := 4
		if by503 {
			tries = 6
		}
		found, text := find(t, t.Context(), map[string]string{"TARGET": "ws://" + address + "/custom"}, nil)
		if string(found.Ended) != want || len(found.Tries) != tries {
			t.Errorf("%q after %d tries, want %q after %d: %s", found.Ended, len(found.Tries), want, tries, text)
		}
	}
	silent := serve(t, func(p *testbed.Peer) string { p.Read(make([]byte, 1)); return notFound })
	found, text := find(t, t.Context(), map[string]string{"TARGET": "ws://" + silent + "/", "TIMEOUT": "20ms"}, nil)
	if found.Ended != TimedOut || len(found.Tries) > maxTimeouts+1 {
		t.Errorf("%d tries: %s", len(found.Tries), text)
	}
	listener := testbed.Listen(t)
	go func() {
		for range 4 {
			conn, _ := listener.Accept()
			io.WriteString(conn, notFound)
			io.Copy(io.Discard, conn)
			conn.Close()
		}
		listener.Close()
	}()
	found, text = find(t, t.Context(), map[string]string{"TARGET": "ws://" + listener.Addr().String() + "/"}, nil)
	if found.Ended != ServerGone || len(found.Tries) > 5 {
		t.Errorf("%d tries: %s", len(found.Tries), text)
	}
	if found, text = find(t, t.Context(), map[string]string{"TARGET": "ws://127.0.0.1:1/"}, nil); len(found.Tries) != 0 || !strings.HasPrefix(text, "there is nothing to try") {
		t.Error(text)
	}
}

// TestFindShowsNoSecrets of a server that repeats all that it gets, and keeps the query.
func TestFindShowsNoSecrets(t *testing.T) {
	var queries sync.Map
	address := serve(t, func(p *testbed.Peer) string {
		queries.Store(p.Request.URL.RawQuery, true)
		if p.Request.URL.Path == "/engine.io/" {
			return ""
		}
		return "HTTP/1.1 404 " + p.Request.URL.RawQuery + "\r\nLocation: /" + p.Request.URL.RawQuery + "\r\n\r\n" + p.Head
	})
	variables := map[string]string{"TARGET": "ws://" + address + "/?token=s3cret&EIO=3", "HEADERS": "Cookie: a=s3cret"}
	found, text := find(t, t.Context(), variables, nil)
	tries, outcome := found.json()
	body, err := json.Marshal([]any{tries, outcome})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(text+string(body), "s3cret") || !found.Healthy() {
		t.Errorf("%s\n%s", text, body)
	}
	if want := "'ws://" + address + "/engine.io/?EIO=4&transport=websocket&…'"; !strings.Contains(text, "WSHEALTHZ_TARGET="+want) {
		t.Errorf("%s, want %s", text, want)
	}
	for _, query := range []string{"EIO=4&transport=websocket&token=s3cret", "token=s3cret&EIO=3", "vsn=2.0.0&token=s3cret&EIO=3"} {
		if _, sent := queries.Load(query); !sent {
			t.Errorf("no request with the query %s", query)
		}
	}
}
