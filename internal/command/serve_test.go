package command

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"

	"wshealthz/internal/testbed"
)

// lines is a log that a test reads while it is written.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// serving runs the program in this process until the test ends, and returns the health listener's address.
func serving(t *testing.T, variables map[string]string) (address string, log *lines) {
	t.Helper()
	all := map[string]string{"LISTEN": "127.0.0.1:0", "ADMIN_LISTEN": "127.0.0.1:0"}
	for name, value := range variables {
		all[name] = value
	}
	testbed.Setenv(t, all)
	log = new(lines)
	ctx, cancel := context.WithCancel(context.Background())
	code := make(chan int, 1)
	go func() { code <- Run(ctx, Build{Version: "dev"}, nil, os.Environ(), log, log) }()
	t.Cleanup(func() {
		cancel()
		if code := <-code; code != ExitOK {
			t.Errorf("exit %d: %s", code, log)
		}
	})
	testbed.Until(t, "the start line", func() bool {
		var start struct{ Listen string }
		first, _, whole := strings.Cut(log.String(), "\n")
		if whole && json.Unmarshal([]byte(first), &start) != nil {
			t.Fatal(first)
		}
		address = start.Listen
		return whole
	})
	return address, log
}

// coder is a server of coder/websocket that wants a subprotocol, a header and an origin.
func coder(t *testing.T, secure bool) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer s3cret" {
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"chat"}, OriginPatterns: []string{"ok.example"}})
		if err != nil {
			return
		}
		defer conn.CloseNow()
		if _, _, err := conn.Read(r.Context()); websocket.CloseStatus(err) != websocket.StatusGoingAway {
			t.Errorf("left with %v, want Close 1001", err)
		}
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	if secure {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	return server
}

// TestCoderServer: a real server in its moods, and what a person must set.
func TestCoderServer(t *testing.T) {
	server := coder(t, false)
	token := filepath.Join(t.TempDir(), "token")
	testbed.WriteFile(t, token, "Authorization: Bearer s3cret\n")
	target := "ws://" + server.Listener.Addr().String() + "/chat?token=s3cret"
	for want, variables := range map[string]map[string]string{
		"ok\n": {"HEADERS_FILE": token, "SUBPROTOCOLS": "other,chat", "ORIGIN": "https://ok.example"},
		"upgrade: bad_status: 401 Unauthorized from": {"HEADERS": "Authorization: Basic x"},
		"upgrade: bad_status: 403 Forbidden from":    {"HEADERS_FILE": token, "ORIGIN": "https://evil.example"},
		"upgrade: bad_subprotocol: ":                 {"HEADERS_FILE": token, "SUBPROTOCOLS": "mqtt"},
	} {
		t.Run(want, func(t *testing.T) {
			variables["TARGET"] = target
			address, log := serving(t, variables)
			status, body := testbed.Get(t, "http://"+address+"/health")
			if !strings.HasPrefix(body, want) || (status == 200) != (want == "ok\n") {
				t.Errorf("%d %s, want %s", status, body, want)
			}
			if strings.Contains(body+log.String(), "s3cret") {
				t.Errorf("a secret is shown: %s %s", body, log)
			}
		})
	}
}

// TestCoderServerOverTLS: with its authority, and without.
func TestCoderServerOverTLS(t *testing.T) {
	server := coder(t, true)
	dir := t.TempDir()
	pair := testbed.Certificate{Names: []string{"chat.example"}}.Make(t)
	cert := pair.WriteFiles(t, dir).CA
	server.TLS.Certificates = []tls.Certificate{pair.Certificate}
	target := "wss://" + server.Listener.Addr().String() + "/"
	for want, variables := range map[string]map[string]string{
		"ok\n":                    {"TLS_CA_FILE": cert},
		"ok":                      {"TLS_CA_FILE": cert, "TLS_SERVER_NAME": "chat.example"},
		"ok\n ":                   {"TLS_SKIP_VERIFY": "true"},
		"tls: bad_certificate: ":  {},
		"tls: bad_certificate: T": {"TLS_CA_FILE": cert, "TLS_SERVER_NAME": "other.example"},
	} {
		t.Run(want, func(t *testing.T) {
			variables["TARGET"], variables["HEADERS"], variables["SUBPROTOCOLS"] = target, "Authorization: Bearer s3cret", "chat"
			address, _ := serving(t, variables)
			if _, body := testbed.Get(t, "http://"+address+"/health"); !strings.HasPrefix(body, strings.TrimSpace(want)) {
				t.Errorf("%s, want %s", body, want)
			}
		})
	}
}

// TestRotationUnderLoad: the health listener's certificate is swapped again and again, through a broken one, while
// callers who trust only the newest ask on new connections; none fails.
func TestRotationUnderLoad(t *testing.T) {
	refusing := testbed.Reserve(t) // a verdict at once
	dir := t.TempDir()
	link := filepath.Join(dir, "..data")
	newest := func(name string) {
		folder := filepath.Join(dir, name)
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		testbed.Certificate{Names: []string{name + ".example"}}.Make(t).WriteFiles(t, folder)
		testbed.SwapSymlink(t, link, name)
	}
	newest("v0")
	address, log := serving(t, map[string]string{
		"TARGET": "ws://" + refusing, "SERVE_CERT_FILE": filepath.Join(link, "tls.crt"), "SERVE_KEY_FILE": filepath.Join(link, "tls.key"),
	})
	names := func() (string, error) {
		conn, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			return "", err
		}
		defer conn.Close()
		request, _ := http.NewRequest(http.MethodGet, "https://localhost/health", nil)
		if err := request.Write(conn); err != nil {
			return "", err
		}
		buf := make([]byte, 12)
		if _, err := conn.Read(buf); err != nil || string(buf) != "HTTP/1.1 503" {
			return "", errors.Join(err, errors.New(string(buf)))
		}
		return conn.ConnectionState().PeerCertificates[0].Subject.CommonName, nil
	}
	var failed, asked atomic.Int32
	stop := make(chan struct{})
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				asked.Add(1)
				if _, err := names(); err != nil {
					failed.Add(1)
					t.Error(err)
				}
			}
		})
	}
	for _, name := range []string{"v1", "v2", "v3", "v4"} {
		newest(name)
		testbed.Until(t, name+" is served", func() bool { got, err := names(); return err == nil && got == name+".example" })
		broken := filepath.Join(link, "broken") // renamed, or an empty file may be seen first, which is one bad content more
		if err := errors.Join(os.WriteFile(broken, []byte("broken"), 0o600), os.Rename(broken, filepath.Join(link, "tls.crt"))); err != nil {
			t.Fatal(err)
		}
		if got, err := names(); err != nil || got != name+".example" {
			t.Errorf("with a broken file %q, %v, want %s still", got, err, name)
		}
	}
	close(stop)
	callers.Wait()
	t.Logf("%d requests, %d failed", asked.Load(), failed.Load())
	testbed.Until(t, "a line for each change to a bad file", func() bool { return strings.Count(log.String(), "a file is bad") >= 4 })
	if n := strings.Count(log.String(), "a file is bad"); n != 4 {
		t.Errorf("%d lines about bad files, want one for each change to a bad one: %s", n, log)
	}
}

// TestHeadersFileIsReadAgain: a new token is sent with the next probe, a bad file changes nothing.
func TestHeadersFileIsReadAgain(t *testing.T) {
	tokens := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { tokens <- r.Header.Get("X-Token") }))
	defer server.Close()
	file := filepath.Join(t.TempDir(), "headers")
	testbed.WriteFile(t, file, "X-Token: one")
	address, log := serving(t, map[string]string{"TARGET": "ws" + strings.TrimPrefix(server.URL, "http"), "HEADERS_FILE": file, "HEADERS": "x-token: zero", "MAX_AGE": "0"})
	for _, step := range []struct{ content, want string }{{"X-Token: one", "one"}, {"X-Token: two", "two"}, {"s3cret", "two"}} {
		testbed.WriteFile(t, file, step.content)
		testbed.Until(t, fmt.Sprintf("with %q: %q is sent", step.content, step.want), func() bool { // a slow machine may read it too late for one
			testbed.Get(t, "http://"+address+"/health")
			return <-tokens == step.want
		})
	}
	testbed.Until(t, "a line about the bad file", func() bool { return strings.Contains(log.String(), "a file is bad") })
	if strings.Count(log.String(), "a file is bad") != 1 || strings.Contains(log.String(), "s3cret") {
		t.Errorf("want one line about the bad file, without what it holds: %s", log)
	}
}
