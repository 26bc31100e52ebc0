package doctor

import (
	"net/url"
	"strconv"
	"strings"

	"wshealthz/upgrade"
)

// An answer is what a server's response tells about what it wants. The zero answer is of a server that sent none.
type answer struct {
	status      int
	location    *url.URL // where a redirect points; nil for none
	origin      string   // that the server allows to other sites (Access-Control-Allow-Origin)
	subprotocol string
	body        string
}

// parseAnswer parses the response that a verdict keeps. It is cut and without our secrets, and need not be HTTP.
func parseAnswer(v upgrade.Verdict) (a answer) {
	if v.Reason.Phase() != upgrade.Upgrade {
		return a
	}
	head, body, _ := strings.Cut(strings.ReplaceAll(string(v.Received.Bytes), "\r\n", "\n"), "\n\n")
	line, fields, _ := strings.Cut(head, "\n")
	if _, rest, found := strings.Cut(line, " "); found && strings.HasPrefix(line, "HTTP/1.") {
		a.status, _ = strconv.Atoi(rest[:min(len(rest), 3)])
	}
	a.body = body
	for field := range strings.SplitSeq(fields, "\n") {
		name, value, _ := strings.Cut(field, ":")
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "location":
			if u, err := url.Parse(value); err == nil && a.status/100 == 3 {
				a.location = u
			}
		case "access-control-allow-origin":
			a.origin = value
		case "sec-websocket-protocol":
			a.subprotocol = value
		}
	}
	return a
}

// refusesClient reports whether the server refuses this client, whatever it may have at the path.
func (a *answer) refusesClient() bool { return a.status == 403 || a.status == 421 }

// wantsTLS reports whether the answer to a plain request asks for TLS: a TLS alert, a redirect to https, or an error
// that names it (nginx, Apache, Go).
func (st *state) wantsTLS() bool {
	if st.scheme == "wss" {
		return false
	}
	received := st.verdict.Received.Bytes
	if st.verdict.Reason == upgrade.NotHTTP {
		const alert, handshake = 21, 22 // content types of TLS, RFC 8446 section 5.1
		return len(received) > 1 && (received[0] == alert || received[0] == handshake) && received[1] == 3
	}
	if st.answer.location != nil {
		return st.answer.location.Scheme == "https"
	}
	body := strings.ToLower(st.answer.body)
	return st.answer.status == 400 && (strings.Contains(body, "https") || strings.Contains(body, "tls") || strings.Contains(body, "ssl"))
}

// A progress is how near a probe came to a healthy server: the phase that was reached, then what kind of answer came.
type progress int

const (
	notReached progress = iota
	connected           // but there was no answer in the protocol that was spoken
	verifying           // TLS is spoken, and the certificate refused
	secured             // TLS is established, but there was no HTTP response
	notThere            // HTTP, but nothing for us at this path or host: 404, a page, a redirect, a proxy's error
	objecting           // the server refuses this handshake: 400, 403, 426 and such
	upgraded            // 101, but it is not right
	exchanging          // the handshake is right
	healthy
)

func (st *state) progressOf() progress {
	switch reason := st.verdict.Reason; reason.Phase() {
	case upgrade.Dial:
		return notReached
	case upgrade.TLS:
		if reason == upgrade.BadCertificate {
			return verifying
		}
		return connected
	case upgrade.Exchange:
		return exchanging
	case upgrade.Upgrade:
		return st.upgradeProgress()
	}
	if st.verdict.Healthy() {
		return healthy
	}
	return notReached
}

func (st *state) upgradeProgress() progress {
	switch st.verdict.Reason {
	case upgrade.HungUp, upgrade.NotHTTP, upgrade.UpgradeTimeout:
		if st.scheme == "wss" {
			return secured
		}
		return connected
	case upgrade.BadStatus:
		switch status := st.answer.status; {
		case st.wantsTLS():
			return connected
		case status/100 <= 3, status == 404, status == 405, status == 410, status >= 502:
			return notThere
		}
		return objecting
	}
	return upgraded
}
