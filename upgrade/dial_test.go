package upgrade

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"wshealthz/internal/testbed"
)

// dialAndTLS are the cases in which the server does not answer a handshake, and a healthy one. Package probe makes
// draining verdicts, and tests them.
var dialAndTLS = []struct {
	name   string
	reason Reason
	make   func(*testing.T) *Prober
	says   string
}{
	{"nobody listens", Refused, func(t *testing.T) *Prober { return newProber(t, refusing(t)) }, connectionRefused.Error()},
	{"no such name", Unreachable, func(t *testing.T) *Prober {
		p := newProber(t, "no-such-host.invalid:80")
		p.Timeout = 3 * time.Second
		return p
	}, `looking up "no-such-host.invalid"`},
	{"a full accept queue", DialTimeout, func(t *testing.T) *Prober {
		p := newProber(t, clogged(t))
		short(p)
		return p
	}, "timed out after 2s"},
	{"plain where TLS is expected", BadTLS, func(t *testing.T) *Prober {
		address, _ := testbed.Serve(t, "tcp4", func(p *testbed.Peer) { io.WriteString(p, "HTTP/1.1 400 Bad Request\r\n\r\n") })
		return trusting(newProber(t, address), nil)
	}, `got "HTTP/", want a TLS record`},
	{"EOF in the TLS handshake", BadTLS, func(t *testing.T) *Prober {
		address, _ := testbed.Serve(t, "tcp4", func(p *testbed.Peer) { p.TCP.Read(make([]byte, 1)); p.CloseWrite() })
		return trusting(newProber(t, address), nil)
	}, "closed the connection"},
	{"TLS 1.1", BadTLS, func(t *testing.T) *Prober {
		pair := testbed.Certificate{}.Make(t)
		config := pair.ServerConfig()
		config.MinVersion, config.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
		address, _ := testbed.Serve(t, "tcp4", testbed.TLS(config, testbed.NeverPlayed))
		return trusting(newProber(t, address), pair.Pool())
	}, "protocol version"},
	{"an unknown authority", BadCertificate, func(t *testing.T) *Prober {
		pair := testbed.Certificate{}.Make(t)
		address, _ := testbed.Serve(t, "tcp4", testbed.TLS(pair.ServerConfig(), testbed.NeverPlayed))
		return trusting(newProber(t, address), x509.NewCertPool())
	}, "unknown authority"},
	{"an expired certificate", BadCertificate, func(t *testing.T) *Prober {
		pair := testbed.Certificate{NotAfter: time.Now().Add(-time.Hour)}.Make(t)
		address, _ := testbed.Serve(t, "tcp4", testbed.TLS(pair.ServerConfig(), testbed.NeverPlayed))
		return trusting(newProber(t, address), pair.Pool())
	}, "expired"},
	{"a client certificate demanded, TLS 1.3", BadCertificate, demanding(tls.VersionTLS13), "certificate required"},
	// RFC 5246 section 7.4.6: handshake_failure, which may mean anything
	{"a client certificate demanded, TLS 1.2", BadTLS, demanding(tls.VersionTLS12), "handshake failure"},
	{"a stalled TLS handshake", TLSTimeout, func(t *testing.T) *Prober {
		address, _ := testbed.Serve(t, "tcp4", func(p *testbed.Peer) {})
		p := trusting(newProber(t, address), nil)
		short(p)
		return p
	}, "timed out after 2s"},
	{"a panic", Internal, func(t *testing.T) *Prober {
		address, _ := testbed.Serve(t, "tcp4", func(*testbed.Peer) {})
		p := newProber(t, address)
		p.Fields = func() []Field { panic("scripted") }
		return p
	}, "scripted"},
	{"healthy", OK, func(t *testing.T) *Prober {
		address, _ := testbed.Serve(t, "tcp4", testbed.Accept())
		return newProber(t, address)
	}, ""},
}

// demanding returns a case of a server that wants a client certificate; a prober without one learns that in the
// handshake or after it.
func demanding(version uint16) func(t *testing.T) *Prober {
	return func(t *testing.T) *Prober {
		pair := testbed.Certificate{}.Make(t)
		config := pair.ServerConfig()
		config.ClientAuth, config.MinVersion, config.MaxVersion = tls.RequireAnyClientCert, version, version
		address, _ := testbed.Serve(t, "tcp4", testbed.TLS(config, testbed.NeverPlayed))
		return trusting(newProber(t, address), pair.Pool())
	}
}

func TestDialAndTLS(t *testing.T) {
	t.Parallel()
	for _, c := range dialAndTLS {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if verdict, _ := probe(t, c.make(t)); verdict.Reason != c.reason || !strings.Contains(verdict.Detail, c.says) {
				t.Errorf("%v, want %v with %q", verdict, c.reason, c.says)
			}
		})
	}
}

// TestCanceled: in each step the verdict is canceled, and the detail names the step.
func TestCanceled(t *testing.T) {
	t.Parallel()
	readsAByte := func(t *testing.T, reached func()) *Prober {
		address, _ := testbed.Serve(t, "tcp4", func(p *testbed.Peer) { p.TCP.Read(make([]byte, 1)); reached() })
		return newProber(t, address)
	}
	for _, c := range []struct {
		doing string
		make  func(t *testing.T, reached func()) *Prober
	}{
		{"connecting to", func(t *testing.T, reached func()) *Prober { defer reached(); return newProber(t, clogged(t)) }},
		{"TLS handshake with", func(t *testing.T, reached func()) *Prober { return trusting(readsAByte(t, reached), nil) }},
		{"handshake with", readsAByte},
	} {
		t.Run(c.doing, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(context.Background())
			p := c.make(t, cancel)
			verdict := p.Probe(ctx)
			if verdict.Reason != Canceled || !strings.HasPrefix(verdict.Detail, c.doing) || !strings.HasSuffix(verdict.Detail, ": interrupted") {
				t.Errorf("%v, want canceled while %s", verdict, c.doing)
			}
			p.Wait(context.Background())
		})
	}
}

// TestSecondAddress dials localhost: ::1 has its turn when 127.0.0.1 has used up half the budget, not before, and the
// reason is that of 127.0.0.1.
func TestSecondAddress(t *testing.T) {
	t.Parallel()
	for _, answers := range []bool{false, true} {
		t.Run(fmt.Sprintf("answers %v", answers), func(t *testing.T) {
			t.Parallel()
			_, port, _ := net.SplitHostPort(clogged(t))
			if answers {
				testbed.ServeAt(t, "tcp6", "[::1]:"+port, testbed.Accept())
			}
			p := newProber(t, "localhost:"+port)
			short(p)
			verdict, _ := probe(t, p)
			if answers && !verdict.Healthy() {
				t.Errorf("%v, want ok", verdict)
			}
			if !answers && (verdict.Reason != DialTimeout || !strings.Contains(verdict.Detail, "127.0.0.1:"+port) || !strings.HasSuffix(verdict.Detail, "timed out after 1s")) {
				t.Errorf("%v, want the dial_timeout of 127.0.0.1 after half the budget", verdict)
			}
			if want := "[::1]:" + port; verdict.Peer != want || verdict.Took[Dial] < shortTimeout/2 {
				t.Errorf("%s was dialed last after %v, want %s after half the budget", verdict.Peer, verdict.Took[Dial], want)
			}
		})
	}
}
