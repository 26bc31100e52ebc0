package upgrade

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"strings"
	"testing"

	"wshealthz/internal/testbed"
)

// A hintCase is a server, a configuration, the row of the table that must apply, and the hint that must come out.
type hintCase struct {
	reason Reason
	status int
	when   string // the row's
	script testbed.Script
	secure bool                                               // the script is played over TLS
	pair   func(*testing.T) (tls.Certificate, *x509.CertPool) // of a secure server, and what we trust; default: a good one
	set    func(*Prober)
	// came, if not nil, stands for a server: what no Go server does.
	came *evidence
	want string
}

// answers returns a script that answers with a status line, more fields, and a body.
func answers(status string, fields []string, body string) testbed.Script {
	fields = append(fields, fmt.Sprintf("Content-Length: %d", len(body)))
	return testbed.AnswerText("HTTP/1.1 " + status + "\r\n" + strings.Join(fields, "\r\n") + "\r\n\r\n" + body)
}

func redirect(to string) testbed.Script {
	return answers("301 Moved Permanently", []string{"Location: " + to}, "")
}

func sending(fields ...Field) func(*Prober) {
	return func(p *Prober) { p.Fields = func() []Field { return fields } }
}

// overWSS returns set with the target's scheme changed to wss, and a TLS configuration that trusts anybody.
func overWSS(set ...func(*tls.Config)) func(*Prober) {
	return func(p *Prober) {
		p.URL.Scheme = "wss"
		p.TLS = func() *tls.Config {
			c := &tls.Config{ServerName: p.URL.Hostname(), MinVersion: tls.VersionTLS12}
			for _, s := range set {
				s(c)
			}
			return c
		}
	}
}

func trustingAny(c *tls.Config) { c.InsecureSkipVerify = true }

func withCertificate(c *tls.Config) { c.Certificates = make([]tls.Certificate, 1) }

func serverName(name string) func(*tls.Config) { return func(c *tls.Config) { c.ServerName = name } }

// alerts returns a script that answers the ClientHello with a fatal alert.
func alerts(number byte) testbed.Script {
	return func(p *testbed.Peer) {
		p.DoNotWatch()
		p.TCP.Read(make([]byte, 4<<10))
		p.TCP.Write([]byte{21, 3, 3, 0, 2, 2, number})
	}
}

func good(t *testing.T) (tls.Certificate, *x509.CertPool) {
	pair := testbed.Certificate{}.Make(t)
	return pair.Certificate, pair.Pool()
}

// made returns a pair that is trusted, and wrong as change makes it.
func made(change func(*x509.Certificate)) func(*testing.T) (tls.Certificate, *x509.CertPool) {
	return func(t *testing.T) (tls.Certificate, *x509.CertPool) {
		pair := testbed.Certificate{Change: change}.Make(t)
		return pair.Certificate, pair.Pool()
	}
}

// untrusted returns a good pair, and no roots.
func untrusted(t *testing.T) (tls.Certificate, *x509.CertPool) {
	pair, _ := good(t)
	return pair, x509.NewCertPool()
}

// garbled returns a pair whose certificate is ASN.1, and not a certificate.
func garbled(t *testing.T) (tls.Certificate, *x509.CertPool) {
	pair, roots := good(t)
	pair.Certificate = [][]byte{{0x30, 3, 2, 1, 1}}
	return pair, roots
}

func both(sets ...func(*Prober)) func(*Prober) {
	return func(p *Prober) {
		for _, set := range sets {
			if set != nil {
				set(p)
			}
		}
	}
}

func expectingHello(p *Prober) {
	p.Dialogue = &Dialogue{Want: "hello", Expect: func(m []byte) bool { return string(m) == "hello" }}
}

func speaking(name string) func(*Prober) {
	return func(p *Prober) {
		protocol, _ := FindProtocol(name)
		p.Dialogue = protocol.Dialogue(&p.Target)
	}
}

func closesWith(code string) testbed.Script { return acceptsAndWrites("\x88\x02" + code) }

// reads returns a script that accepts, reads the first message, and writes text.
func reads(text string) testbed.Script {
	return func(p *testbed.Peer) {
		p.ReadRequestAndAccept()
		p.ReadFrame()
		io.WriteString(p, text)
	}
}

func silent(p *testbed.Peer) { p.ReadRequest() }

// probeForRow probes as Probe does, and returns the row that the verdict's hint is from too, nil for none.
func probeForRow(t *testing.T, p *Prober) (verdict Verdict, row *hintRow) {
	t.Helper()
	s := newSession(context.Background(), p)
	defer func() {
		s.stopWatch()
		p.startClose(s, verdict)
		p.Wait(context.Background())
	}()
	for _, step := range steps {
		if step.phase == TLS && !p.Secure() || step.phase == Exchange && p.Dialogue == nil {
			continue
		}
		if f := step.take(s); f != nil {
			row, _ := s.evidence(f).find()
			verdict = s.verdict(f)
			return verdict, row
		}
	}
	t.Fatal("ok, want a fault")
	return verdict, nil
}

func TestHints(t *testing.T) {
	t.Parallel()
	for _, c := range hintCases {
		t.Run(fmt.Sprintf("%v %d %s", c.reason, c.status, c.when), func(t *testing.T) {
			t.Parallel()
			if c.came != nil {
				if row, text := c.came.find(); text != c.want || row.name() != c.name() {
					t.Errorf("%q of %+v, want %q", text, row, c.want)
				}
				return
			}
			address := "no-such-host.invalid:80"
			switch {
			case c.reason == Refused:
				address = refusing(t)
			case c.secure:
				if c.pair == nil {
					c.pair = good
				}
				pair, roots := c.pair(t)
				address, _ = testbed.Serve(t, "tcp4", testbed.TLS(&tls.Config{Certificates: []tls.Certificate{pair}}, c.script))
				c.set = both(overWSS(func(config *tls.Config) { config.RootCAs = roots }), c.set)
			case c.script != nil:
				address, _ = testbed.Serve(t, "tcp4", c.script)
			}
			p := newProber(t, address)
			both(c.set)(p)
			verdict, row := probeForRow(t, p)
			if verdict.Reason != c.reason || verdict.Hint != c.want {
				t.Errorf("%v\nwant %v with the hint\n%s", verdict, c.reason, c.want)
			}
			if row == nil || row.name() != c.name() {
				t.Errorf("%v is of another row: %+v", verdict, row)
			}
		})
	}
}

func (c *hintCase) name() string {
	return (&hintRow{reason: c.reason, status: c.status, when: c.when}).name()
}

func (r *hintRow) name() string { return fmt.Sprintf("%v %d %s", r.reason, r.status, r.when) }

// TestEveryHintRowIsProduced: each row of the table has a name of its own and a case.
func TestEveryHintRowIsProduced(t *testing.T) {
	produced, names := map[string]bool{}, map[string]bool{}
	for _, c := range hintCases {
		produced[c.name()] = true
	}
	for _, rows := range hintTables {
		for _, row := range rows {
			if names[row.name()] || !produced[row.name()] {
				t.Errorf("no case produces the row %q, or there are two of that name", row.name())
			}
			names[row.name()] = true
		}
	}
}
