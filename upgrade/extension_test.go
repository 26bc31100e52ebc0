package upgrade

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"wshealthz/internal/testbed"
)

func offersDeflate(p *Prober) { p.Deflate = true }

// deflateAnswers are values of Sec-WebSocket-Extensions that Chromium 156 was given after its own offer, and whether it
// opened the WebSocket.
var deflateAnswers = []struct {
	value string
	opens bool
}{
	{"permessage-deflate", true},
	{"permessage-deflate ; server_no_context_takeover", true},
	{"permessage-deflate\t;\tserver_no_context_takeover", true},
	{"permessage-deflate;server_no_context_takeover;client_no_context_takeover", true},
	{"permessage-deflate;\r\n server_no_context_takeover", true},
	{"\r\n permessage-deflate", true},
	{"permessage-deflate; server_max_window_bits=8", true},
	{"permessage-deflate; server_max_window_bits=9", true},
	{"permessage-deflate; server_max_window_bits=15", true},
	{`permessage-deflate; server_max_window_bits="10"`, true},
	{`permessage-deflate; server_max_window_bits="1\0"`, true},
	{`permessage-deflate; server_max_window_bits="\1\0"`, true},
	{`permessage-deflate; server_max_window_bits="10";client_no_context_takeover`, true},
	{"permessage-deflate; server_max_window_bits = 10", true},
	{"permessage-deflate; server_max_window_bits =\t\"10\"", true},
	{"permessage-deflate; client_max_window_bits=8", true},
	{"permessage-deflate; client_max_window_bits=15", true},
	{`permessage-deflate; client_max_window_bits="15"`, true},
	{"permessage-deflate; client_max_window_bits=12; server_max_window_bits=12; client_no_context_takeover; server_no_context_takeover", true},

	{"", false},
	{",", false},
	{"Permessage-Deflate", false},
	{"permessage-deflate,", false},
	{",permessage-deflate", false},
	{"permessage-deflate,,", false},
	{"permessage-deflate;", false},
	{"permessage-deflate ;", false},
	{"permessage-deflate;;server_no_context_takeover", false},
	{"permessage-deflate; =1", false},
	{"permessage-deflate=1", false},
	{";server_no_context_takeover", false},
	{`"permessage-deflate"`, false},
	{"permessage-deflate x", false},
	{"permessage-deflate\xa0", false},
	{"permessage-deflate, permessage-deflate", false},
	{"permessage-deflate, x", false},
	{"x, permessage-deflate", false},
	{"permessage-deflate\r\nSec-WebSocket-Extensions: permessage-deflate", false},
	{"permessage-deflate\r\nSec-WebSocket-Extensions:", false},
	{"\r\nSec-WebSocket-Extensions: permessage-deflate", false},
	{"x-webkit-deflate-frame", false},
	{"permessage-bzip2", false},
	{"permessage-deflate; unknown", false},
	{"permessage-deflate; unknown=1", false},
	{"permessage-deflate; Server_No_Context_Takeover", false},
	{"permessage-deflate; server_no_context_takeover client_no_context_takeover", false},
	{"permessage-deflate; server_no_context_takeover; server_no_context_takeover", false},
	{"permessage-deflate; client_no_context_takeover; client_no_context_takeover", false},
	{"permessage-deflate; server_no_context_takeover=1", false},
	{"permessage-deflate; server_no_context_takeover=", false},
	{`permessage-deflate; server_no_context_takeover=""`, false},
	{"permessage-deflate; client_no_context_takeover=true", false},
	{"permessage-deflate; server_max_window_bits", false},
	{"permessage-deflate; server_max_window_bits=", false},
	{"permessage-deflate; server_max_window_bits=7", false},
	{"permessage-deflate; server_max_window_bits=16", false},
	{"permessage-deflate; server_max_window_bits=100000000000000000000", false},
	{"permessage-deflate; server_max_window_bits=08", false},
	{"permessage-deflate; server_max_window_bits=+9", false},
	{"permessage-deflate; server_max_window_bits=9x", false},
	{"permessage-deflate; server_max_window_bits=1 0", false},
	{"permessage-deflate; server_max_window_bits='10'", false},
	{`permessage-deflate; server_max_window_bits=""`, false},
	{`permessage-deflate; server_max_window_bits="10`, false},
	{`permessage-deflate; server_max_window_bits="10\"`, false},
	{`permessage-deflate; server_max_window_bits=" 10"`, false},
	{`permessage-deflate; server_max_window_bits="10"x`, false},
	{`permessage-deflate; server_max_window_bits="10,"`, false},
	{`permessage-deflate; server_max_window_bits="1,0"`, false},
	{"permessage-deflate;\r\n\tserver_max_window_bits=\"1\r\n 0\"", false},
	{"permessage-deflate; server_max_window_bits=\"1\xe90\"", false},
	{"permessage-deflate; server_max_window_bits=10; server_max_window_bits=10", false},
	{"permessage-deflate; client_max_window_bits", false},
	{"permessage-deflate; client_max_window_bits=", false},
	{`permessage-deflate; client_max_window_bits=""`, false},
	{"permessage-deflate; client_max_window_bits=7", false},
	{"permessage-deflate; client_max_window_bits=16", false},
	{"permessage-deflate; client_max_window_bits=015", false},
	{"permessage-deflate; client_max_window_bits=15; client_max_window_bits=15", false},
	{"permessage-deflate; client_max_window_bits; client_max_window_bits=15", false},
}

// answered returns a session that read the head of a conforming server with this Sec-WebSocket-Extensions, and our accept.
func answered(t *testing.T, deflate bool, value string) (*session, [acceptLen]byte) {
	t.Helper()
	s := &session{Prober: &Prober{Target: Target{URL: parseURL(t, "ws://h/"), Deflate: deflate}}}
	accept := acceptFor(newKey())
	head := testbed.SwitchingProtocols + "Sec-WebSocket-Extensions: " + value + "\r\n\r\n"
	if bad, err := s.head.parse([]byte(strings.ReplaceAll(head, "{accept}", string(accept[:])))); err != nil {
		t.Fatalf("%q: %q: %v", value, bad, err)
	}
	return s, accept
}

// TestExtensionAnswers: after the offer the verdict is Chromium's, and without it every answer is one too many.
func TestExtensionAnswers(t *testing.T) {
	for _, c := range deflateAnswers {
		s, accept := answered(t, true, c.value)
		if f := s.judge(accept); (f == nil) != c.opens || f != nil && f.reason != BadExtension || s.deflate != c.opens {
			t.Errorf("%q: %+v, deflate is %v; Chromium opens: %v", c.value, f, s.deflate, c.opens)
		}
		s, accept = answered(t, false, c.value)
		if f := s.judge(accept); f == nil || f.reason != BadExtension || s.deflate {
			t.Errorf("%q without an offer: %+v, want bad_extension", c.value, f)
		}
	}
}

// TestExtensionDetails: each says what is wanted.
func TestExtensionDetails(t *testing.T) {
	for value, want := range map[string]string{
		"":                      `with Sec-WebSocket-Extensions "", want permessage-deflate alone, which was offered`,
		"permessage-deflate, x": "want permessage-deflate alone, and a semicolon before each parameter",
		"permessage-deflate; server_max_window_bits=7":                                        `"permessage-deflate; server_max_window_bits=7", want server_max_window_bits from 8 to 15`,
		"permessage-deflate; client_no_context_takeover=1":                                    "want client_no_context_takeover without a value",
		"permessage-deflate; mux":                                                             "want the parameters of RFC 7692 section 7.1",
		"permessage-deflate; client_max_window_bits=9; client_max_window_bits=9":              "want client_max_window_bits once",
		"permessage-deflate\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_wi=9": "2 Sec-WebSocket-Extensions fields, want one at most",
	} {
		s, accept := answered(t, true, value)
		if f := s.judge(accept); f == nil || !strings.Contains(f.detail, want) {
			t.Errorf("%q: %+v, want %q", value, f, want)
		}
	}
}

// TestOffer: what is offered is on the wire as browsers have it, and a server that demands it is served.
func TestOffer(t *testing.T) {
	t.Parallel()
	const offer = "\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
	address, endings := testbed.Serve(t, "tcp4", func(p *testbed.Peer) {
		p.ReadRequest()
		if !strings.Contains(p.Head, offer) {
			p.AnswerHead("HTTP/1.1 400 Bad Request")
			return
		}
		p.Answer(testbed.SwitchingProtocols + "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=12\r\n\r\n")
	})
	for reason, set := range map[Reason]func(*Prober){OK: offersDeflate, BadStatus: func(*Prober) {}} {
		p := newProber(t, address)
		set(p)
		if verdict, _ := probe(t, p); verdict.Reason != reason {
			t.Errorf("%v, want %v", verdict, reason)
		}
		wantPoliteClose(t, endings, reason == OK)
	}
}

// rightDeflate matches right answers to our offer, but for parameters that are repeated. Group 1 is the list of parameters.
var rightDeflate = regexp.MustCompile(`^[ \t]*permessage-deflate[ \t]*((?:;[ \t]*(?:(?:server|client)_no_context_takeover|(?:server|client)_max_window_bits[ \t]*=[ \t]*(?:[89]|1[0-5]|"\\?[89]"|"\\?1\\?[0-5]"))[ \t]*)*)$`)

// FuzzExtension compares the parser with a regular expression.
func FuzzExtension(f *testing.F) {
	for _, c := range deflateAnswers {
		f.Add(c.value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		want := false
		if match := rightDeflate.FindStringSubmatch(value); match != nil {
			var names []string
			for parameter := range strings.SplitSeq(match[1], ";") {
				name, _, _ := strings.Cut(parameter, "=")
				names = append(names, strings.Trim(name, " \t"))
			}
			slices.Sort(names)
			want = len(slices.Compact(slices.Clone(names))) == len(names)
		}
		if got := wrongDeflate([]byte(value)); (got == "") != want {
			t.Errorf("%q: %q, want it right: %v", value, got, want)
		}
	})
}
