package upgrade

import (
	"context"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"wshealthz/internal/testbed"
)

// numbered returns n texts that differ, each followed by end.
func numbered(n int, end string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "w%06d%s", i, end)
	}
	return b.String()
}

// parsing returns what parses a head of these lines, and looks at all that a verdict needs.
func parsing(t *testing.T, lines string) func() {
	s := &session{Prober: &Prober{Target: Target{URL: parseURL(t, "ws://h/")}}}
	text := []byte("HTTP/1.1 101 X\r\n" + lines + "\r\n")
	return func() {
		if _, err := s.head.parse(text); err != nil {
			t.Error(err)
		}
		s.head.contradiction()
		s.head.hasToken("Connection", "upgrade")
		s.unpassable()
	}
}

// reading returns what reads and judges all messages of an exchange.
func reading(t *testing.T, deflate bool, came string, d *Dialogue) func() {
	return func() {
		s := &session{Prober: &Prober{Target: Target{URL: parseURL(t, "ws://h/"), Dialogue: d}}, buf: make([]byte, 0, firstBuffer), ctx: context.Background(), conn: goneConn{}, deflate: deflate}
		s.rest = []byte(came)
		if f := s.exchange(); f == nil || f.reason != ClosedEarly {
			t.Errorf("%+v, want the end of the connection", f)
		}
	}
}

// checkingNames returns what checks n names of a kind against n constraints on it, none of which a certificate may have.
func checkingNames(t *testing.T, n int) func() {
	name := asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: []byte{5, 0}}
	other := asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 8, Bytes: []byte{42}}
	type subtree struct{ Base asn1.RawValue }
	var subtrees struct {
		Permitted []subtree `asn1:"optional,tag:0"`
	}
	var names []asn1.RawValue
	for range n {
		subtrees.Permitted = append(subtrees.Permitted, subtree{name})
		names = append(names, other)
	}
	extension := func(id asn1.ObjectIdentifier, value any) *x509.Certificate {
		der, err := asn1.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		return &x509.Certificate{Extensions: []pkix.Extension{{Id: id, Critical: true, Value: der}}}
	}
	authority, leaf := extension(nameConstraintsID, subtrees), extension(subjectAltNameID, names)
	return func() {
		constraints, err := parseNameConstraints(authority)
		if err = errors.Join(err, constraints.check(leaf)); err != nil {
			t.Error(err)
		}
	}
}

// redacting returns what makes an excerpt of a body, with the secrets of these fields hidden.
func redacting(t *testing.T, body string, fields ...Field) func() {
	return func() {
		s := &session{Prober: &Prober{Target: Target{URL: parseURL(t, "ws://h/")}}, fields: fields}
		for range 3 { // as a verdict does
			s.excerpt([]byte(body), maxReceived)
		}
	}
}

// linear are steps whose work must grow no faster than what came, or what is configured. Each makes one of n parts, as many as
// there can be, or as take seconds where each is compared with all.
var linear = map[string]struct {
	n    int
	make func(t *testing.T, n int) func()
}{
	"blank folds": {32000, func(t *testing.T, n int) func() { return parsing(t, "Upgrade: x\r\n"+strings.Repeat(" \n", n)) }},
	"folds":       {16000, func(t *testing.T, n int) func() { return parsing(t, "Connection: x\r\n"+strings.Repeat(" x,\n", n)) }},
	"fields":      {5900, func(t *testing.T, n int) func() { return parsing(t, strings.Repeat("Location:x\n", n)) }},
	"items": {16000, func(t *testing.T, n int) func() {
		return parsing(t, "Content-Length: "+strings.Repeat("\"1\",", n)+"\n")
	}},
	"quotes": {32000, func(t *testing.T, n int) func() { return parsing(t, "Connection: "+strings.Repeat(`"`, 2*n)+"\n") }},
	"extensions": {32000, func(_ *testing.T, n int) func() {
		return func() { wrongDeflate([]byte("permessage-deflate" + strings.Repeat(" ;", n))) }
	}},
	"configured":  {6500, func(_ *testing.T, n int) func() { return func() { ParseFields(numbered(n, ": x\n")) } }},
	"wrong lines": {8000, func(_ *testing.T, n int) func() { return func() { ParseFields(numbered(n, "\n")) } }},
	"words of ours": {7500, func(t *testing.T, n int) func() {
		return redacting(t, numbered(500, " "), Field{"Cookie", numbered(n, " ")})
	}},
	"fields of ours": {4000, func(t *testing.T, n int) func() { return redacting(t, numbered(500, " "), numberedFields(n)...) }},
	"escaped":        {5900, func(t *testing.T, n int) func() { return redacting(t, "x", Field{"Cookie", numbered(n, "%&+ ")}) }},
	"replaced": {10000, func(_ *testing.T, n int) func() {
		return func() { ReplaceFields(numberedFields(n), numberedFields(n)) }
	}},
	"constraints": {40000, checkingNames},
	"fragments": {16000, func(t *testing.T, n int) func() {
		return reading(t, false, testbed.Fragment(testbed.OpText, "")+strings.Repeat("\x00\x01x\x00\x00", n), Ping())
	}},
	"messages": {16000, func(t *testing.T, n int) func() { return reading(t, false, strings.Repeat(text("x"), n), Ping()) }},
	"a nats stream": {60000, func(t *testing.T, n int) func() {
		return reading(t, false, strings.Repeat(text("\r"), n), dialogueOf(t, "nats"))
	}},
	"a mqtt stream": {60000, func(t *testing.T, n int) func() {
		return reading(t, false, binary("\x30\xff\xff\x7f")+strings.Repeat(binary("x"), n), dialogueOf(t, "mqtt"))
	}},
	"nats packets": {32000, func(t *testing.T, n int) func() {
		return reading(t, false, binary(strings.Repeat("\r\n", n)), dialogueOf(t, "nats"))
	}},
	"inflated messages": {8000, func(t *testing.T, n int) func() {
		return reading(t, true, strings.Repeat("\xc1\x01\x00", n), Ping())
	}},
}

func numberedFields(n int) (fields []Field) {
	for i := range n {
		fields = append(fields, Field{fmt.Sprintf("X-%d", i), fmt.Sprintf("value%d", i)})
	}
	return fields
}

func dialogueOf(t *testing.T, name string) *Dialogue {
	p, _ := FindProtocol(name)
	return p.Dialogue(&Target{URL: parseURL(t, "ws://h/")})
}

// TestNothingIsQuadratic: each step takes at most some ten milliseconds of processor time, ten times that with the race
// detector, and hundreds if it is quadratic. It is not parallel, and the time that others take does not count.
func TestNothingIsQuadratic(t *testing.T) {
	const most = 250 * time.Millisecond
	runtime.LockOSThread() // whose time is measured
	defer runtime.UnlockOSThread()
	for name, c := range linear {
		step, best := c.make(t, c.n), time.Hour
		for try := 0; try < 3 && best > most; try++ {
			began := threadTime(t)
			step()
			best = min(best, threadTime(t)-began)
		}
		if best > most {
			t.Errorf("%s: %d took %v, want at most %v", name, c.n, best, most)
		}
	}
}

func threadTime(t *testing.T) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_THREAD, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
