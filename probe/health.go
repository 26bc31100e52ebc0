package probe

import (
	"context"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"time"

	"wshealthz/upgrade"
)

// maxBody bounds a body, its line feed included, in bytes. The hint and the reason always fit.
const maxBody = 512

// lingerTime is how long the rest of a request that we did not read is read and thrown away: to close at once
// would be a reset, which may take the answer with it.
const lingerTime = 500 * time.Millisecond

// health answers GET and HEAD on path with the verdict, and nothing else with a 2xx. A plain handler: ServeMux
// redirects //health and /./health, and a gateway may take a redirect for health.
type health struct {
	path    string
	probe   Probe
	callers *Callers
}

func (h *health) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// One who sends many requests at once would keep the only processor for ten milliseconds a turn.
	runtime.Gosched()
	status, body := http.StatusNotFound, "not found, the health path is "+printable(h.path)
	switch {
	case r.URL.Path != h.path:
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		status, body = http.StatusMethodNotAllowed, "method not allowed, use GET or HEAD"
		w.Header().Set("Allow", "GET, HEAD")
	default:
		status, body = Answer(h.ask(r.Context()))
	}
	h.callers.note(r, status)
	answer(w, r, status, body)
}

// ask asks for the verdict, and the caller's connection stays open meanwhile.
func (h *health) ask(ctx context.Context) (verdict upgrade.Verdict) {
	conn, _ := ctx.Value(connKey{}).(net.Conn)
	g, ok := underTLS(conn).(*guest)
	if !ok {
		return h.probe(ctx)
	}
	g.waits(func() { verdict = h.probe(ctx) })
	return verdict
}

// Answer is the status and the line that tell a verdict: 200 and "ok", or 503 and the reason.
func Answer(v upgrade.Verdict) (status int, body string) {
	if v.Healthy() {
		return http.StatusOK, v.String()
	}
	return http.StatusServiceUnavailable, v.String()
}

// answer writes one line, printable ASCII. A request that announced a body is answered before it comes, and the
// connection ends.
func answer(w http.ResponseWriter, r *http.Request, status int, body string) {
	body = printable(body) + "\n"
	if len(body) > maxBody {
		body = body[:maxBody-4] + "...\n"
	}
	header := w.Header()
	header["Content-Type"] = textPlain
	header["Cache-Control"] = noStore
	header["Content-Length"] = []string{strconv.Itoa(len(body))}
	if r.ContentLength != 0 {
		header.Set("Connection", "close")
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		w.Write([]byte(body))
	}
	if r.ContentLength != 0 {
		linger(w, r)
	}
}

// Shared by all answers and never written to.
var (
	textPlain = []string{"text/plain; charset=utf-8"}
	noStore   = []string{"no-store"}
)

// linger sends FIN behind the answer and bounds the time in which net/http reads the body that nobody wants.
func linger(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	control.Flush()
	if conn, ok := r.Context().Value(connKey{}).(interface{ CloseWrite() error }); ok {
		conn.CloseWrite()
	}
	control.SetReadDeadline(time.Now().Add(lingerTime))
}

// printable makes text printable ASCII: "…" is written out, all else is "?".
func printable(text string) string {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return strings.Map(func(r rune) rune {
				if r < ' ' || r > '~' {
					return '?'
				}
				return r
			}, strings.ReplaceAll(text, "…", "..."))
		}
	}
	return text
}
