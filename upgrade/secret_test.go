package upgrade

import (
	"io"
	"strings"
	"testing"

	"wshealthz/internal/testbed"
)

// TestEchoedSecretsAreHidden: servers repeat the request in what they answer; the verdict does not pass it on.
func TestEchoedSecretsAreHidden(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script testbed.Script
		want   string // in the detail
	}{
		"a redirect":                  {testbed.AnswerHead("HTTP/1.1 301 Moved Permanently", "Location: https://h/ws/?token=s3cr%2Bet"), `Location "https://h/ws/" and a query`},
		"a body":                      {testbed.AnswerText("HTTP/1.1 404 Not Found\r\n\r\nno route /ws?token=s3cr%2Bet (s3cr+et) for Bearer hunter2, hunter2"), `body "no route /ws?... (...) for ..., ..."`},
		"a phrase":                    {testbed.AnswerHead("HTTP/1.1 401 hunter2 is wrong"), `401 "... is wrong"`},
		"a header":                    {testbed.Accept("Upgrade: hunter2"), `Upgrade "..."`},
		"a line":                      {testbed.Accept("Bearer hunter2"), `the line "..."`},
		"the request":                 {func(p *testbed.Peer) { p.ReadRequest(); io.WriteString(p, p.Head) }, `begins "GET /ws?... HTTP/1.1`},
		"half a word":                 {testbed.AnswerText("HTTP/1.1 401 X\r\n\r\nbad token hunte"), `body "bad token ..."`},
		"a Close":                     {answersFirst(func(string) string { return testbed.CloseFrame(1008, "hunter2") }), `Close 1008 "..."`},
		"a word of the first message": {answersFirst(func(string) string { return text(`{"no":"bad token pass"}`) + testbed.CloseFrame(1008, "see pass") }), `Close 1008 "see ..."`},
		"the first message":           {answersFirst(func(first string) string { return testbed.CloseFrame(1008, first) }), `Close 1008 "..."`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, _ := testbed.Serve(t, "tcp4", c.script)
			p := newProber(t, address)
			p.URL.RawQuery = "token=s3cr%2Bet"
			p.Fields = func() []Field { return []Field{{"Authorization", "Bearer hunter2"}} }
			p.Dialogue = &Dialogue{Want: "x", First: []byte("pass word"), Secret: true, Expect: func([]byte) bool { return false }}
			verdict, _ := probe(t, p)
			if !strings.Contains(verdict.Detail, c.want) {
				t.Errorf("%v, want %s in it", verdict, c.want)
			}
			for _, secret := range []string{"s3cr", "hunte", "pass"} {
				if shown := verdict.String() + verdict.Received.String(); strings.Contains(shown, secret) {
					t.Errorf("%s shows %q", shown, secret)
				}
			}
			p.ShowSecrets = true
			if verdict, _ := probe(t, p); name != "a redirect" && strings.Contains(verdict.Detail, c.want) {
				t.Errorf("with secrets to be shown: %v", verdict)
			}
		})
	}
}

// answersFirst returns a script that accepts, reads the first message, and writes what reply makes of it.
func answersFirst(reply func(first string) string) testbed.Script {
	return func(p *testbed.Peer) {
		p.ReadRequestAndAccept()
		_, first := p.ReadFrame()
		io.WriteString(p, reply(string(first)))
	}
}
