package command

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"wshealthz/internal/config"
	"wshealthz/internal/doctor"
	"wshealthz/internal/testbed"
)

// patient is a budget for a probe that a busy machine does not use up.
const patient = "30s"

// serverOn serves WebSockets of coder/websocket on an address until the test ends, over TLS with a certificate, and
// returns its port. /plain answers 200, /forbidden 403, and all else is a WebSocket that chooses chat when it is offered.
func serverOn(t *testing.T, address string, certificates ...tls.Certificate) (port string) {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ = net.SplitHostPort(listener.Addr().String())
	if len(certificates) > 0 {
		listener = tls.NewListener(listener, &tls.Config{Certificates: certificates})
	}
	server := &http.Server{ErrorLog: log.New(io.Discard, "", 0), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Date"] = nil
		switch {
		case r.URL.Path == "/forbidden":
			http.Error(w, `no <b>"you"</b>`, http.StatusForbidden)
		case r.URL.Path == "/plain" && r.Header.Get("Upgrade") == "":
			io.WriteString(w, "hello")
		default:
			if conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"chat"}}); err == nil {
				conn.Read(r.Context())
			}
		}
	})}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	return port
}

// steady is check's output without what differs from run to run: times, bars, ports, ends and keys.
func steady(output, port string) string {
	for _, r := range []struct{ from, to string }{
		{`(?m) {2,}=+( {2,}failed)?$`, "  BAR$1"},
		{` +\d+\.\d\d ms`, " TIME"},
		{`(?m)^  close TIME .*$`, "  close TIME  HOW"}, // on a busy machine a second may be too short for the server
		{`:` + port + `\b`, ":PORT"},
		{`Sec-WebSocket-Key: \S+`, "Sec-WebSocket-Key: KEY"},
		{`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`, "END"},
	} {
		output = regexp.MustCompile(r.from).ReplaceAllString(output, r.to)
	}
	return output
}

// diff is empty for equal texts, else both.
func diff(got, want string) string {
	if got == want {
		return ""
	}
	return fmt.Sprintf("got\n%s\nwant\n%s", got, want)
}

const sentPlainly = `sent:
  GET PATH HTTP/1.1
  Host: localhost:PORT
  Upgrade: websocket
  Connection: Upgrade
  Sec-WebSocket-Version: 13
  Sec-WebSocket-Key: KEY
  Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits
  User-Agent: wshealthz/dev
`

func TestDoctorHealthy(t *testing.T) {
	port := serverOn(t, "0.0.0.0:0")
	variables := map[string]string{"TIMEOUT": patient, "PATH": "/a: b", "LISTEN": ":010101"}
	code, stdout, stderr := run(t, variables, "check", "-v", "ws://localhost:"+port+"/plain")
	want := `ok
  dial TIME  127.0.0.1:PORT
  tls               -
  upgrade TIME
  exchange          -
  close TIME  HOW
  listens              on an address that others reach
the server answered:
  101, the handshake is right
a plain GET, as a gateway without wshealthz sends it, gets:
  200 OK, body "hello"
  Application Gateway (200-399 healthy by default) would call this pod healthy, though that says nothing about the handshake
to set on the container of wshealthz:
  readinessProbe: {httpGet: {path: "/a: b", port: 10101}, periodSeconds: 31, timeoutSeconds: 31, failureThreshold: 3}
to set on the Ingress for Application Gateway (AGIC), with a host of your own:
  appgw.ingress.kubernetes.io/backend-protocol: http
  appgw.ingress.kubernetes.io/health-probe-hostname: ws.example.com
  appgw.ingress.kubernetes.io/health-probe-port: "10101"
  appgw.ingress.kubernetes.io/health-probe-path: "/a: b"
  appgw.ingress.kubernetes.io/health-probe-status-codes: "200"
  appgw.ingress.kubernetes.io/health-probe-interval: "31"
  appgw.ingress.kubernetes.io/health-probe-timeout: "31"
  appgw.ingress.kubernetes.io/health-probe-unhealthy-threshold: "2"
` + strings.ReplaceAll(sentPlainly, "PATH", "/plain")
	if d := diff(steady(stdout, port), want); d != "" || code != ExitOK || stderr != "" {
		t.Errorf("exit %d, %q, %s", code, stderr, d)
	}
}

func TestDoctorUnhealthy(t *testing.T) {
	port := serverOn(t, "0.0.0.0:0")
	code, stdout, _ := run(t, map[string]string{"TIMEOUT": patient}, "check", "-v", "ws://localhost:"+port+"/forbidden")
	want := `upgrade: bad_status: 403 Forbidden from ws://localhost:PORT/forbidden, want 101, body "no <b>\"you\"</b>" (try another path or token in WSHEALTHZ_TARGET, WSHEALTHZ_HOST, WSHEALTHZ_ORIGIN or a Cookie or User-Agent in WSHEALTHZ_HEADERS)
  dial TIME  127.0.0.1:PORT
  tls               -
  upgrade TIME
  exchange          -
  close TIME  HOW
  listens              on an address that others reach
to try:
  try another path or token in WSHEALTHZ_TARGET, WSHEALTHZ_HOST, WSHEALTHZ_ORIGIN or a Cookie or User-Agent in WSHEALTHZ_HEADERS
the server answered:
  HTTP/1.1 403 Forbidden
  Content-Type: text/plain; charset=utf-8
  X-Content-Type-Options: nosniff
  Content-Length: 16

  no <b>"you"</b>
a plain GET, as a gateway without wshealthz sends it, gets:
  403 Forbidden, body "no <b>\"you\"</b>"
  Application Gateway (200-399 healthy by default) would call this pod unhealthy and users get 502
` + strings.ReplaceAll(sentPlainly, "PATH", "/forbidden")
	if d := diff(steady(stdout, port), want); d != "" || code != ExitFailure {
		t.Errorf("exit %d, %s", code, d)
	}
}

// TestDoctorLoopback: healthy, and no gateway reaches it. Offered one subprotocol, the server chose that.
func TestDoctorLoopback(t *testing.T) {
	port := serverOn(t, "127.0.0.1:0")
	if listeningOn(t, port) == doctor.ListeningUnknown {
		t.Skip("no /proc/net/tcp here")
	}
	variables := map[string]string{"TIMEOUT": patient, "SUBPROTOCOLS": "chat", "LISTEN": ":0"}
	code, stdout, _ := run(t, variables, "check", "-v", "ws://localhost:"+port+"/")
	_, facts, _ := strings.Cut(steady(stdout, port), "  close TIME  HOW\n")
	facts, _, _ = strings.Cut(facts, "sent:\n")
	want := `  listens              on loopback only: a gateway cannot reach it, whatever the handshake says
to try:
  let the server listen on 0.0.0.0 or [::]: only a proxy in the same pod reaches loopback
  set WSHEALTHZ_ADDRESS to the pod's own address, so that the probe fails where the gateway does
the server answered:
  101 with the subprotocol chat, the handshake is right
a plain GET, as a gateway without wshealthz sends it, gets:
  426 Upgrade Required, body "WebSocket protocol violation: Connection header \"close\" does not contain Upgrade"
  Application Gateway (200-399 healthy by default) would call this pod unhealthy and users get 502
to set in the environment of wshealthz:
  WSHEALTHZ_LISTEN with a fixed port, such as :10101: no gateway knows which port is free
`
	if d := diff(facts, want); d != "" || code != ExitOK {
		t.Errorf("exit %d, %s", code, d)
	}
}

func listeningOn(t *testing.T, port string) doctor.Listening {
	t.Helper()
	testbed.Setenv(t, map[string]string{"TARGET": "ws://localhost:" + port})
	c, faults := config.Load(os.Environ(), "", "dev")
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return doctor.ListeningOf(&c.Target)
}
