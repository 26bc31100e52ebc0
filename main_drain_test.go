//go:build !windows

package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"wshealthz/internal/command"
	"wshealthz/internal/testbed"
)

// sendFrom sends a request as it is, from an address or from any, and returns the status.
func sendFrom(t *testing.T, from, to, request string) int {
	t.Helper()
	dialer := net.Dialer{Timeout: testbed.Patience}
	if from != "" {
		dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(from)}
	}
	conn, err := dialer.Dial("tcp", to)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(testbed.Patience))
	io.WriteString(conn, request)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("%q: %v", request, err)
	}
	return response.StatusCode
}

// drainBy sends method on /drain as wshealthz drain does.
func drainBy(t *testing.T, self *testbed.Wshealthz, method string) {
	t.Helper()
	if status := sendFrom(t, "", self.Admin, method+" /drain HTTP/1.1\r\nHost: "+self.Admin+"\r\nContent-Length: 0\r\n\r\n"); status != 200 {
		t.Errorf("%s /drain gets %d, want 200", method, status)
	}
}

// TestDrainWhileAProbeHangs: who waits for its verdict is answered at once, and so is everybody later.
func TestDrainWhileAProbeHangs(t *testing.T) {
	hanging := testbed.Listen(t) // accepts in the kernel, never answers
	self := start(t, "TARGET=ws://"+hanging.Addr().String(), "TIMEOUT=60s")
	answered := make(chan string, 1)
	go func() {
		_, body := testbed.Get(t, "http://"+self.Health+"/health")
		answered <- body
	}()
	if _, err := hanging.Accept(); err != nil { // the probe is under way
		t.Fatal(err)
	}
	drainBy(t, self, "POST")
	if body := <-answered; !strings.HasPrefix(body, "draining: ") {
		t.Errorf("who waited for the verdict gets %q", body)
	}
	if status, body := health(t, self); status != 503 || !strings.HasPrefix(body, "draining: ") {
		t.Errorf("%d %q, want 503 draining", status, body)
	}
}

// TestTerminationDuringADrain: SIGTERM answers at once who waits for the drain, and exits 0.
func TestTerminationDuringADrain(t *testing.T) {
	hanging := testbed.Listen(t)
	self := start(t, "TARGET=ws://"+hanging.Addr().String(), "DRAIN_WAIT=true", "DRAIN_TIMEOUT=1h", "DRAIN_SESSIONS=1h")
	drainBy(t, self, "POST")
	hook := make(chan string, 1)
	go func() {
		status, body := testbed.Get(t, "http://"+self.Health+"/drain")
		hook <- fmt.Sprint(status, " ", body)
	}()
	testbed.Until(t, "the hook is connected", func() bool {
		_, metrics := testbed.Get(t, "http://"+self.Admin+"/metrics")
		return strings.Contains(metrics, "\nwshealthz_callers 1\n")
	})
	self.Signal(t, syscall.SIGTERM)
	if body := <-hook; body != "503 not waited for: a signal to stop\n" {
		t.Errorf("the hook gets %q", body)
	}
	if code := self.Wait(t); code != command.ExitOK {
		t.Errorf("exit %d, want 0: %q", code, self.Lines())
	}
}

// TestWebPageDoesNotDrain: what a browser sends for a web page, and what comes through another address of this machine.
func TestWebPageDoesNotDrain(t *testing.T) {
	self := start(t, "TARGET=ws://127.0.0.1:1/", "ADMIN_LISTEN=0.0.0.0:0")
	_, port, _ := net.SplitHostPort(self.Admin)
	loopback := "127.0.0.1:" + port
	const rest = "Content-Length: 0\r\n\r\n"
	for name, request := range map[string]string{
		"Origin":                      "POST /drain HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example\r\n" + rest,
		"Origin: null":                "POST /drain HTTP/1.1\r\nHost: localhost\r\norigin: null\r\n" + rest,
		"an empty Origin":             "POST /drain HTTP/1.1\r\nHost: localhost\r\nOrigin:\r\n" + rest,
		"Sec-Fetch-Site":              "POST /drain HTTP/1.1\r\nHost: localhost\r\nSEC-FETCH-SITE: none\r\n" + rest,
		"a rebound name":              "POST /drain HTTP/1.1\r\nHost: evil.example:" + port + "\r\n" + rest,
		"a rebound name, for reading": "GET /status HTTP/1.1\r\nHost: evil.example:" + port + "\r\n\r\n",
	} {
		if status := sendFrom(t, "", loopback, request); status != 403 {
			t.Errorf("%s: %d, want 403", name, status)
		}
	}
	right := "POST /drain HTTP/1.1\r\nHost: localhost\r\n" + rest
	if address := outsideAddress(t); address != "" {
		to := net.JoinHostPort(address, port)
		if status := sendFrom(t, "", to, right); status != 404 {
			t.Errorf("from %s: %d, want 404", address, status)
		}
		if status := sendFrom(t, "127.0.0.1", to, right); status != 403 {
			t.Errorf("from loopback to %s: %d, want 403", address, status)
		}
	}
	if status, body := health(t, self); strings.HasPrefix(body, "draining") {
		t.Errorf("it drains: %d %q", status, body)
	}
	if status := sendFrom(t, "", loopback, right); status != 200 {
		t.Errorf("%d, want 200", status)
	}
}

// outsideAddress returns an IPv4 address of this machine that is not loopback, "" when it has none.
func outsideAddress(t *testing.T) string {
	t.Helper()
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range addresses {
		if ip, _, err := net.ParseCIDR(address.String()); err == nil && ip.To4() != nil && !ip.IsLoopback() {
			return ip.String()
		}
	}
	t.Log("this machine has loopback addresses only")
	return ""
}
