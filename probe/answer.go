package probe

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxBody bounds a body, its line feed included, in bytes. The hint and the reason always fit.
const maxBody = 512

// lingerTime is how long the rest of a request that we did not read is read and discarded: to close at once would send a
// reset, which may take the answer with it.
const lingerTime = 500 * time.Millisecond

// Shared by all answers and never written to.
var (
	textPlain = []string{"text/plain; charset=utf-8"}
	noStore   = []string{"no-store"}
)

// MethodNotAllowed sets Allow, and returns the status and the line for a method other than GET and HEAD.
func MethodNotAllowed(w http.ResponseWriter) (status int, line string) {
	w.Header().Set("Allow", "GET, HEAD")
	return http.StatusMethodNotAllowed, "method not allowed, use GET or HEAD"
}

// WriteLine writes an answer of one line of printable ASCII, at most 512 bytes. A request that announced a body is answered
// before the body comes, and the connection ends.
func WriteLine(w http.ResponseWriter, r *http.Request, status int, line string) {
	body := toASCII(line) + "\n"
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

// linger sends FIN after the answer and bounds the time in which net/http reads the body that nobody wants.
func linger(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	control.Flush()
	if conn, ok := r.Context().Value(connKey{}).(interface{ CloseWrite() error }); ok {
		conn.CloseWrite()
	}
	control.SetReadDeadline(time.Now().Add(lingerTime))
}

// toASCII returns text as printable ASCII: "…" becomes "...", everything else that is not becomes "?".
func toASCII(text string) string {
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
