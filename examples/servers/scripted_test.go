//go:build servers

package servers

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"wshealthz/internal/testbed"
)

// An answer is what a server that is not run here answers, or one that runs in this process, and the hint for it.
type answer struct {
	what  string
	env   []string
	serve func(t *testing.T) (address string)
	want  string
	hint  string
}

// scripted plays a response as the server's source or documentation has it, or as a report shows it.
func scripted(status string, fields string, body string) func(*testing.T) string {
	return func(t *testing.T) string {
		return testbed.ServeText(t, fmt.Sprintf("HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n%s", status, fields, len(body), body))
	}
}

const signInPage = `try the server's own port and path in WSHEALTHZ_TARGET, not the proxy's, or credentials in WSHEALTHZ_HEADERS_FILE`

var answers = []answer{
	{what: "oauth2-proxy, its page to sign in", serve: scripted("403 Forbidden", "Content-Type: text/html\r\n", "<html><title>Sign In</title><button>Sign in with OpenID Connect</button>"),
		want: "403 Forbidden", hint: "a sign-in page: " + signInPage},
	{what: "oauth2-proxy without that page", serve: scripted("302 Found", "Location: https://id.example/oauth2/authorize?client_id=x\r\n", ""),
		want: "302 Found", hint: "a redirect to a sign-in page: " + signInPage},
	{what: "Envoy without upgrade_configs", serve: scripted("403 Forbidden", "server: envoy\r\n", ""),
		want: "403 Forbidden", hint: "Envoy refuses upgrades unless it has upgrade_configs with websocket; else try another path or token in WSHEALTHZ_TARGET or WSHEALTHZ_HOST"},
	{what: "geth, the port of the Engine API", serve: scripted("401 Unauthorized", "", "missing token\n"),
		want: "401 Unauthorized", hint: "the server wants credentials: put an Authorization or Cookie line into WSHEALTHZ_HEADERS_FILE, or a token into WSHEALTHZ_TARGET's query"},
	{what: "geth, a token older than 60 s", env: []string{"HEADERS=Authorization: Bearer t0ken"}, serve: scripted("401 Unauthorized", "", "stale token\n"),
		want: "401 Unauthorized", hint: "the token is too old: renew it in WSHEALTHZ_HEADERS_FILE, which each probe reads again, or try a path that wants none"},
	{what: "IIS with Windows authentication", serve: scripted("401 Unauthorized", "WWW-Authenticate: Negotiate\r\nWWW-Authenticate: NTLM\r\n", ""),
		want: "401 Unauthorized", hint: "no fixed header can answer NTLM, Negotiate or Digest: try a path that does not ask for it in WSHEALTHZ_TARGET"},
	{what: "gorilla/websocket (and geth), a foreign origin", env: []string{"ORIGIN=http://evil.example"}, serve: scripted("403 Forbidden", "Sec-Websocket-Version: 13\r\n", "Forbidden\n"),
		want: "403 Forbidden", hint: "the server refuses this Origin: try another WSHEALTHZ_ORIGIN"},
	{what: "coder/websocket, a foreign origin", env: []string{"ORIGIN=http://evil.example"}, serve: coder,
		want: "403 Forbidden", hint: "the server refuses this Origin: try another WSHEALTHZ_ORIGIN"},
	{what: "net/http, ws:// to its TLS port", serve: overTLS, want: "400 Bad Request", hint: hintWSS},
}

// coder serves WebSockets of coder/websocket, which compares Origin with Host.
func coder(t *testing.T) string {
	return serve(t, httptest.NewServer, func(w http.ResponseWriter, r *http.Request) {
		if conn, err := websocket.Accept(w, r, nil); err == nil {
			conn.CloseNow()
		}
	})
}

func overTLS(t *testing.T) string { return serve(t, httptest.NewTLSServer, http.NotFound) }

func serve(t *testing.T, start func(http.Handler) *httptest.Server, handler http.HandlerFunc) string {
	server := start(handler)
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// TestAnswers checks the hint for each answer.
func TestAnswers(t *testing.T) {
	for _, a := range answers {
		t.Run(a.what, func(t *testing.T) {
			r := &running{server: server{env: append([]string{"TARGET=ws://" + a.serve(t) + "/ws"}, a.env...)}, placeholders: strings.NewReplacer()}
			if _, out := r.check(t); !strings.Contains(out, "bad_status: "+a.want) || !strings.HasSuffix(out, " ("+a.hint+")") {
				t.Errorf("%s, want %s and the hint %q", out, a.want, a.hint)
			}
		})
	}
}
