package probe

import (
	"crypto/tls"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"wshealthz/internal/testbed"
)

// TestRefusals: a caller that is refused is observed with the status and what was wrong in words.
func TestRefusals(t *testing.T) {
	pair := testbed.Certificate{}.Make(t)
	for _, c := range []struct {
		request string
		secured bool
		status  int
		wrong   string
	}{
		{"PROXY TCP4 10.0.0.1 10.0.0.2 5000 80\r\nGET /health HTTP/1.1\r\nHost: x\r\n\r\n", false, 400, "PROXY protocol"},
		{string(proxyV2) + "\x21\x11\x00\x0c", false, 400, "PROXY protocol"},
		{"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", false, 400, "TLS on a plain port"},
		{"GET /health HTTP/1.1\r\nHost: x\r\n\r\n", true, 400, "plain HTTP on a TLS port"},
		{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", false, 505, "HTTP/2"},
		{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", true, 505, "HTTP/2"},
		{"PROXY TCP4 10.0.0.1 10.0.0.2 5000 80\r\n\x16\x03\x01", true, 400, "PROXY protocol"},
		{string(proxyV2) + "\x21\x11\x00\x0c", true, 400, "PROXY protocol"},
		{"SSH-2.0-OpenSSH_9.2\r\n", true, 400, `not TLS: "SSH-2"`},
		{"\x00\x1b[31m", true, 400, `not TLS: "\x00\x1b[31"`},
		{"GET /health HTTP/1.1\r\n\r\n", false, 400, "no Host"},
		{"GET /health HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", false, 400, "more than one Host"},
		{"GET /health\r\n", false, 400, `not an HTTP request: "GET /health"`},
		{"SSH-2.0-OpenSSH_9.2\r\n", false, 400, `not an HTTP request: "SSH-2.0-OpenSSH_9.2"`},
		{"\x00\x1b[31m", false, 400, `not an HTTP request: "\x00\x1b[31m"`},
		{"GET /health HTTP/1.1\r\nbroken\r\n\r\n", false, 400, `not a header field: "broken"`},
		{"GET /%zz HTTP/1.1\r\n", false, 400, `not a request target: "/%zz"`},
		{"GET /" + strings.Repeat("a", maxHead), false, 414, "a request line over 8 KiB"},
		{"GET / HTTP/1.1\r\nX: " + strings.Repeat("a", maxHead), false, 431, "a head over 8 KiB"},
		{"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", false, 501, "a Transfer-Encoding other than chunked"},
		{"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", false, 400, "no usable Content-Length"},
		{"GET / HT", false, 400, "a request that was cut off"},
	} {
		var mu sync.Mutex
		var seen []Request
		server := listen(t, healthy, func(o *Options) {
			o.Observe = func(r *Request) {
				mu.Lock()
				defer mu.Unlock()
				seen = append(seen, *r)
			}
			if c.secured {
				o.Certificate = func() (*tls.Certificate, error) { return &pair.Certificate, nil }
			}
		})
		conn := call(t, server)
		io.WriteString(conn, c.request)
		if c.wrong == "a request that was cut off" {
			conn.Conn.(interface{ CloseWrite() error }).CloseWrite()
		}
		response, err := http.ReadResponse(conn.Reader, nil)
		if err != nil {
			t.Errorf("%.40q: %v", c.request, err)
			continue
		}
		body, _ := io.ReadAll(response.Body)
		if response.StatusCode != c.status || !response.Close || string(body) != http.StatusText(c.status)+": "+c.wrong+"\n" {
			t.Errorf("%.40q gets %s %q, close %v, want %d", c.request, response.Status, body, response.Close, c.status)
		}
		if rest, err := io.ReadAll(conn); len(rest) > 0 || err != nil {
			t.Errorf("%.40q: then %q, %v, want EOF and no reset", c.request, rest, err)
		}
		mu.Lock()
		if len(seen) != 1 || seen[0].Status != c.status || seen[0].Wrong != c.wrong || !seen[0].Peer.Addr().IsLoopback() {
			t.Errorf("%.40q is observed as %+v, want %d %s", c.request, seen, c.status, c.wrong)
		}
		mu.Unlock()
	}
}

// TestSlowHead: a head that is not complete in time gets 408, and a connection that sent nothing gets no answer.
func TestSlowHead(t *testing.T) {
	t.Parallel()
	server := listen(t, healthy)
	slow, silent := call(t, server), call(t, server)
	for _, part := range []string{"GET /hea", "lth HTTP/1.1\r\n", "Host: x\r\n"} {
		io.WriteString(slow, part)
	}
	response, err := http.ReadResponse(slow.Reader, nil)
	if err != nil || response.StatusCode != 408 || !response.Close {
		t.Errorf("%v %v, want 408", response, err)
	}
	if text, err := io.ReadAll(silent); len(text) > 0 || err != nil {
		t.Errorf("%q %v, want the end", text, err)
	}
}

// TestPipelined requests are answered in order, and the last one may end the connection.
func TestPipelined(t *testing.T) {
	c := call(t, listen(t, healthy))
	io.WriteString(c, strings.Repeat("GET /health HTTP/1.1\r\nHost: x\r\n\r\nHEAD /health HTTP/1.1\r\nHost: x\r\n\r\nGET /x HTTP/1.1\r\nHost: x\r\n\r\n", 100)+
		"POST /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\n\r\n")
	for i := range 301 {
		method, want := []string{"GET", "HEAD", "GET"}[i%3], []int{200, 200, 404}[i%3]
		if i == 300 {
			want = 405
		}
		response, err := http.ReadResponse(c.Reader, &http.Request{Method: method})
		if err != nil || response.StatusCode != want {
			t.Fatalf("answer %d: %v, want %d", i, err, want)
		}
		io.Copy(io.Discard, response.Body)
	}
	if rest, err := io.ReadAll(c); len(rest) > 0 || err != nil {
		t.Errorf("then %q, %v, want EOF", rest, err)
	}
}

// TestManyShortLines of one value are not copied for each of them, and leave the rest as it is.
func TestManyShortLines(t *testing.T) {
	const size = 8000
	for _, lines := range []string{"Host: x\r\n \n", "Host: x\r\n a\n", "Connection: a\r\n b\n", "Connection:\r\n b\n", "Connection:a\n"} {
		first, line, _ := strings.Cut(lines, "\r\n")
		if line == "" {
			first, line = "X:", lines
		}
		begin := "GET /health HTTP/1.1\r\nHost: x\r\n" + first + "\r\n"
		request := []byte(begin + strings.Repeat(line, (size-len(begin))/len(line)) + "User-Agent: after\r\n\r\n")
		before := string(request)
		var h head
		allocations := testing.AllocsPerRun(10, func() {
			h = head{}
			h.parse(request, false)
		})
		if allocations > 40 {
			t.Errorf("%q takes %v allocations", lines, allocations)
		}
		if string(request) != before || string(h.agent) != "after" {
			t.Errorf("%q changes the request, User-Agent %q", lines, h.agent)
		}
	}
}

// FuzzHead: a head that comes in two parts is judged like one that comes at once, and what is judged is part of it.
func FuzzHead(f *testing.F) {
	for i, line := range lines {
		f.Add("GET /health HTTP/1.1\r\nHost: x\r\n"+line+"\r\n\r\n", uint(i))
	}
	f.Add(string(proxyV2), uint(3))
	f.Add("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", uint(9))
	f.Fuzz(func(t *testing.T, request string, cut uint) {
		b := []byte(request)
		var whole, parts head
		at := int(cut % uint(len(b)+1))
		wrong, wrongInParts := whole.parse(b, false), parts.parse(b[:at], false)
		if wrongInParts == nil {
			wrongInParts = parts.parse(b, false)
		}
		if (wrong == nil) != (wrongInParts == nil) || wrong != nil && wrong.status != wrongInParts.status {
			t.Fatalf("%v, in parts %v", wrong, wrongInParts)
		}
		if wrong != nil {
			return
		}
		if whole.complete != parts.complete || whole.path != parts.path || string(whole.host) != string(parts.host) || whole.close != parts.close || whole.hasBody != parts.hasBody {
			t.Fatalf("%+v, in parts %+v", whole, parts)
		}
		if whole.parsed > len(b) || whole.complete && b[whole.parsed-1] != '\n' {
			t.Fatalf("%d of %d bytes were parsed", whole.parsed, len(b))
		}
	})
}
