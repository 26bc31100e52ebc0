package probe

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"wshealthz/internal/testbed"
	"wshealthz/upgrade"
)

// TestHTTPS: HTTP/1.1 only, with the certificate of the moment, and plain HTTP gets no verdict.
func TestHTTPS(t *testing.T) {
	current := testbed.Certificate{}.Make(t)
	server := listen(t, healthy, func(o *Options) {
		o.Certificate = func() (*tls.Certificate, error) { return &current.Certificate, nil }
	})
	transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer transport.CloseIdleConnections()
	for range 2 {
		current = testbed.Certificate{}.Make(t)
		response, err := (&http.Client{Transport: transport}).Get("https://" + server.Addr().String() + "/health")
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if response.StatusCode != 200 || response.ProtoMajor != 1 || !response.TLS.PeerCertificates[0].Equal(current.Leaf) {
			t.Errorf("%s %s, want 200 over HTTP/1.1 with the newest certificate", response.Proto, response.Status)
		}
		transport.CloseIdleConnections()
	}
	if response, _ := call(t, server).send(t, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"); response.StatusCode != 400 {
		t.Errorf("plain HTTP gets %s, want 400", response.Status)
	}
}

// TestAnnouncedBodyOverTLS: the connection ends with TLS's own close_notify.
func TestAnnouncedBodyOverTLS(t *testing.T) {
	pair := testbed.Certificate{}.Make(t)
	server := listen(t, healthy, func(o *Options) { o.Certificate = func() (*tls.Certificate, error) { return &pair.Certificate, nil } })
	plainly := call(t, server)
	secured := tls.Client(plainly.Conn, &tls.Config{InsecureSkipVerify: true})
	if _, err := io.WriteString(secured, "GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if all, err := io.ReadAll(secured); err != nil || len(all) < 4 || string(all[len(all)-4:]) != "\nok\n" {
		t.Errorf("%q, %v, want the answer and EOF", all, err)
	}
}

// TestHandshakeIsBounded: a caller that sends more than 16 KiB before its TLS handshake is done is closed, and observed.
func TestHandshakeIsBounded(t *testing.T) {
	pair := testbed.Certificate{}.Make(t)
	observed := make(chan Request, 1)
	server := listen(t, healthy, func(o *Options) {
		o.Certificate = func() (*tls.Certificate, error) { return &pair.Certificate, nil }
		o.Observe = func(r *Request) { observed <- *r }
	})
	c := call(t, server)
	// A ClientHello of 32 KiB (RFC 8446 section 4), in two records of 16 KiB, the second of which is not whole.
	const half = 1 << 14
	io.WriteString(c, "\x16\x03\x01\x40\x00"+"\x01\x00\x80\x00"+strings.Repeat("x", half-4))
	io.WriteString(c, "\x16\x03\x01\x40\x00"+strings.Repeat("x", half/2))
	if _, err := io.ReadAll(c); err != nil && !strings.Contains(err.Error(), "reset") {
		t.Errorf("%v, want the end", err)
	}
	if r := <-observed; r.Status != 0 || r.Wrong != "TLS handshake: "+errHandshakeTooLong.Error() {
		t.Errorf("observed as %+v, want %v", r, errHandshakeTooLong)
	}
	if server.handshakes.Load() != 0 {
		t.Errorf("%d bytes of handshakes are still counted", server.handshakes.Load())
	}
}

// TestCallerWhoHangsUp while the server is probed is counted as what it would have got: nothing was wrong with the server.
func TestCallerWhoHangsUp(t *testing.T) {
	pair := testbed.Certificate{}.Make(t)
	for _, secured := range []bool{false, true} {
		asked, release, observed := make(chan struct{}), make(chan struct{}), make(chan Request, 1)
		server := listen(t, Share(func(ctx context.Context) upgrade.Verdict {
			close(asked)
			<-release
			return healthy(ctx)
		}, time.Hour, background, func() {}), func(o *Options) {
			o.Observe = func(r *Request) { observed <- *r }
			if secured {
				o.Certificate = func() (*tls.Certificate, error) { return &pair.Certificate, nil }
			}
		})
		var conn net.Conn = call(t, server).Conn
		if secured {
			conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
		}
		io.WriteString(conn, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
		<-asked
		conn.Close()
		close(release)
		if r := <-observed; r.Status != 200 {
			t.Errorf("over TLS %v: counted as %d, want 200", secured, r.Status)
		}
	}
}

// TestFailedHandshakeIsNobodyElses: what is observed of it is not what the connection before asked.
func TestFailedHandshakeIsNobodyElses(t *testing.T) {
	pair := testbed.Certificate{}.Make(t)
	observed := make(chan Request, 1)
	server := listen(t, healthy, func(o *Options) {
		o.Certificate = func() (*tls.Certificate, error) { return &pair.Certificate, nil }
		o.Observe = func(r *Request) { observed <- *r }
	})
	secured := tls.Client(call(t, server).Conn, &tls.Config{InsecureSkipVerify: true})
	io.WriteString(secured, "GET /health HTTP/1.1\r\nHost: x\r\nUser-Agent: gateway\r\nConnection: close\r\n\r\n")
	if r := <-observed; r.UserAgent != "gateway" {
		t.Fatalf("observed as %+v", r)
	}
	secured.Close()
	testbed.Until(t, "the worker is idle", func() bool { return server.OpenConnections() == 0 && server.idleWorkers.Load() == 1 })
	io.WriteString(call(t, server), "\x16\x03\x01\x00\x04\x01\xff\xff\xff")
	if r := <-observed; r.Method != "" || r.UserAgent != "" || r.Host != "" || r.Path != "" {
		t.Errorf("observed as %+v, want nothing of the one before", r)
	}
}

// TestOnlyHandshakesGo when those under way are too large together: not who is in the middle of a head.
func TestOnlyHandshakesGo(t *testing.T) {
	pair := testbed.Certificate{}.Make(t)
	server := listen(t, healthy, func(o *Options) {
		o.Certificate = func() (*tls.Certificate, error) { return &pair.Certificate, nil }
	})
	secured := tls.Client(call(t, server).Conn, &tls.Config{InsecureSkipVerify: true})
	io.WriteString(secured, "GET /health HTTP/1.1\r\n")
	testbed.Until(t, "a head is under way", func() bool { return server.inState(receiving) == 1 && server.handshakes.Load() == 0 })
	server.conns.evictLargestHandshake()
	io.WriteString(secured, "Host: x\r\n\r\n")
	if response, err := http.ReadResponse(bufio.NewReader(secured), nil); err != nil || response.StatusCode != 200 {
		t.Errorf("%v, want 200", err)
	}
}
