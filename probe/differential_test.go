package probe

import (
	"bufio"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"wshealthz/internal/testbed"
	"wshealthz/upgrade"
)

// An outcome is what a caller sees of a server: the status, and whether the connection stays.
type outcome struct {
	status int // 0: no answer
	stays  bool
}

// exceptions are the requests for which we differ from net/http on purpose.
var exceptions = []struct {
	name, why string
	match     func(request string, ours, theirs outcome) bool
}{
	{"expect", "a probe's Expect is ignored: an answer needs no body", func(r string, ours, theirs outcome) bool {
		return theirs.status == http.StatusExpectationFailed && ours.status != 0
	}},
	{"request line too long", "414 says which part of the head is too long", func(r string, ours, theirs outcome) bool {
		return theirs.status == http.StatusRequestHeaderFieldsTooLarge && ours.status == http.StatusRequestURITooLong
	}},
	{"first byte", "what cannot become HTTP is refused before the end of its line", func(r string, ours, theirs outcome) bool {
		return theirs.status == http.StatusRequestHeaderFieldsTooLarge && ours.status == http.StatusBadRequest && !upgrade.IsTokenByte(r[0])
	}},
	{"HTTP/2 preface", "net/http hands it to a handler that may speak HTTP/2", func(r string, ours, theirs outcome) bool {
		return strings.HasPrefix(r, "PRI * HTTP/2.0") && ours.status == http.StatusHTTPVersionNotSupported
	}},
	{"connection options", "net/http looks for some in the first line alone, and takes white space for a comma", func(r string, ours, theirs outcome) bool {
		return ours.status == theirs.status && (strings.Count(strings.ToLower(r), "connection:") > 1 || strings.Contains(r, "\n leading"))
	}},
	{"body", "net/http reads a short body and keeps the connection", func(r string, ours, theirs outcome) bool {
		announced := strings.Contains(strings.ToLower(r), "content-length") || strings.Contains(strings.ToLower(r), "transfer-encoding")
		return announced && ours.status == theirs.status && !ours.stays
	}},
}

// TestLikeNetHTTP sends generated requests to the health listener and to a net/http server with the same answers. Status and
// whether the connection stays are equal but for the exceptions, each of which occurs.
func TestLikeNetHTTP(t *testing.T) {
	const seed, requests = 13, 3000
	ours := listen(t, healthy).Addr().String()
	theirs := serveNetHTTP(t)
	random := rand.New(rand.NewPCG(seed, seed))
	occurred := map[string]int{}
	statuses := map[int]int{}
	for range requests {
		request := generateRequest(random)
		a, b := exchange(t, ours, request), exchange(t, theirs, request)
		statuses[a.status]++
		if name := excepted(request, a, b); a != b && name == "" {
			t.Errorf("%q: %+v, net/http %+v", request, a, b)
		} else if a != b {
			occurred[name]++
		}
	}
	for _, e := range exceptions {
		if occurred[e.name] == 0 {
			t.Errorf("the exception %q did not occur", e.name)
		}
	}
	for _, status := range []int{200, 400, 404, 405, 414, 431, 501, 505} {
		if statuses[status] == 0 {
			t.Errorf("no request got %d", status)
		}
	}
	t.Log(statuses, occurred)
}

func excepted(request string, ours, theirs outcome) string {
	for _, e := range exceptions {
		if e.match(request, ours, theirs) {
			return e.name
		}
	}
	return ""
}

func serveNetHTTP(t *testing.T) (address string) {
	listener := testbed.Listen(t)
	server := &http.Server{
		ErrorLog: log.New(io.Discard, "", 0), MaxHeaderBytes: maxHead - 4096, DisableGeneralOptionsHandler: true,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.URL.Path != "/health":
				w.WriteHeader(http.StatusNotFound)
			case r.Method != http.MethodGet && r.Method != http.MethodHead:
				w.WriteHeader(http.StatusMethodNotAllowed)
			default:
				w.Header().Set("Content-Length", "3")
				io.WriteString(w, "ok\n")
			}
		}),
	}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	return listener.Addr().String()
}

// exchange sends a request, and a second one once the first is answered: whether that is answered tells whether the connection
// stayed.
func exchange(t *testing.T, address, request string) (o outcome) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(testbed.Patience))
	io.WriteString(conn, request)
	conn.(*net.TCPConn).CloseWrite()
	method, _, _ := strings.Cut(request, " ")
	in := bufio.NewReader(conn)
	response, err := http.ReadResponse(in, &http.Request{Method: method})
	if err != nil {
		return outcome{}
	}
	io.Copy(io.Discard, response.Body)
	return outcome{response.StatusCode, !response.Close}
}

// Fragments of requests. Those that are usual stand several times.
var (
	methods  = []string{"GET", "GET", "GET", "HEAD", "POST", "OPTIONS", "CONNECT", "PRI", "get", "", "G(T", "PROXY", "BREW"}
	targets  = []string{"/health", "/health", "/health", "/health?x=1", "/he%61lth", "/", "*", "//health", "http://y/health", "http://y", "https://[::1]:1/health?q", "/health%", "/h\x01", "x:443", "mailto:x", "", "/ü", "/health#f", "http://[/", "/" + strings.Repeat("a", 9000)}
	versions = []string{"HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "HTTP/0.9", "HTTP/3.0", "HTTP/11", "http/1.1", "HTTP/1.1 ", "HTTP/1,1", ""}
	lines    = []string{
		"Host: x", "Host: x", "Host: x", "Host: [::1]:10101", "Host:", "Host : x", "host:x", "Host: a b", "Host: ü", "User-Agent: Mozilla/5.0 (x)", "Accept: */*",
		"Connection: close", "Connection: keep-alive", "Connection: Upgrade, HTTP2-Settings", "Connection: foo,close", "Connection: closed", "connection: CLOSE ,x", "Connection: keep-alive\r\nConnection: close",
		"Content-Length: 0", "Content-Length: 5", "Content-Length: 5\r\nContent-Length: 5", "Content-Length: 5\r\nContent-Length: 6", "Content-Length: -1", "Content-Length: +5", "Content-Length: x", "Content-Length:", "Content-Length: 5, 5", "Content-Length: 99999999999999999999",
		"Transfer-Encoding: chunked", "Transfer-Encoding: Chunked", "Transfer-Encoding: gzip", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Transfer-Encoding: gzip, chunked", "Transfer-Encoding : chunked", "Transfer-Encoding: chunked\r\nContent-Length: 5", "Transfer-Encoding:\x0bchunked", "Transfer-Encoding: chun\r\n ked",
		"Upgrade: websocket", "Expect: 100-continue", "Expect: x", "X: a\r\n b", "X: a\r\n\t", "X: \x00", "X: a\rb", "X: \x7f", "X: ü", "(: x", ": x", "nocolon", " leading: x", "X-\x01: y", "X:", "Cookie: " + strings.Repeat("c", 3000), strings.Repeat("a:\r\n", 2000) + "b:",
	}
	ends = []string{"\r\n", "\r\n", "\r\n", "\r\n", "\n", "\r\r\n"}
)

// generateRequest returns a request of which about a third is well-formed.
func generateRequest(random *rand.Rand) string {
	pick := func(from []string, usual float64) string {
		if random.Float64() < usual {
			return from[0]
		}
		return from[random.IntN(len(from))]
	}
	end := pick(ends, 0.8)
	var b strings.Builder
	if random.IntN(40) == 0 {
		b.WriteString(pick([]string{"\r\n", "\n", " ", "\x16\x03\x01\x02\x00", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", string(proxyV2)}, 0))
	}
	b.WriteString(pick(methods, 0.6) + " " + pick(targets, 0.6) + " " + pick(versions, 0.6) + end)
	if random.IntN(10) > 0 {
		b.WriteString("Host: x" + end)
	}
	for range random.IntN(4) {
		b.WriteString(pick(lines, 0) + end)
	}
	if random.IntN(20) > 0 {
		b.WriteString(end)
	}
	if random.IntN(10) == 0 {
		b.WriteString("hello") // a body, where one is announced
	}
	return b.String()
}
