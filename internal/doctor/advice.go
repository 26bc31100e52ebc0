package doctor

import (
	"fmt"
	"net/http"

	"wshealthz/upgrade"
)

// Advice returns what to try, the most pressing first.
func (r *Report) Advice() (list []string) {
	now := r.Verdict.At
	c := r.certificate()
	if !c.Ends.IsZero() && c.Left(now) < 0 {
		list = append(list, "renew the server's certificate: it has ended, and clients refuse it")
	}
	if r.Verdict.Hint != "" {
		list = append(list, r.Verdict.Hint)
	}
	if refusal := r.Close.Refusal(); refusal != nil {
		list = append(list, RefusalAdvice(*refusal, r.Verdict.Healthy()))
	}
	list = append(list, r.Listening.Advice()...)
	if !c.Ends.IsZero() && c.Left(now) >= 0 && c.Soon(now) {
		list = append(list, fmt.Sprintf("renew the server's certificate: clients refuse it in %d days", c.Days(now)))
	}
	return list
}

// RefusalAdvice returns what a Close right after the 101 means, which changes no verdict. healthy is the verdict.
func RefusalAdvice(refusal upgrade.Message, healthy bool) string {
	text := "after the 101 the server sent Close " + MessageText(refusal)
	if healthy {
		text += ": WSHEALTHZ_CHECK=ping would call it unhealthy"
	}
	return text
}

func (r *Report) certificate() Certificate {
	return Certificate{Owner: "the server's", Ends: r.Verdict.CertificateEnds}
}

// gatewayWithoutUs returns what Application Gateway would call the server if it probed it itself, and whether that is fine.
func (r *Report) gatewayWithoutUs() (text string, fine bool) {
	const says = "Application Gateway (200-399 healthy by default) would call this pod "
	status := r.PlainGet.Status
	switch passes := status >= http.StatusOK && status < http.StatusBadRequest; {
	case passes && r.Listening == ListeningLoopback:
		return says + "unhealthy all the same and users get 502: it cannot reach the server", false
	case !passes:
		return says + "unhealthy and users get 502", false
	case r.Verdict.Healthy():
		return says + "healthy, though that says nothing about the handshake", true
	}
	return says + "healthy, though no WebSocket client is served", false
}

// answer returns what the server answered, line by line.
func (r *Report) answer() []string {
	switch offered := r.Target.Subprotocols; {
	case r.Verdict.Healthy() && len(offered) == 1: // the verdict holds only if the server chose it
		return []string{"101 with the subprotocol " + offered[0] + ", the handshake is right"}
	case r.Verdict.Healthy():
		return []string{"101, the handshake is right"}
	}
	return r.Verdict.Received.Lines()
}

// environmentAdvice returns what to set in wshealthz's own environment before a gateway can probe it.
func (r *Report) environmentAdvice() (list []string) {
	if !r.Verdict.Healthy() {
		return nil
	}
	switch {
	case r.Gateway.Port == 0:
		list = append(list, "WSHEALTHZ_LISTEN with a fixed port, such as :10101: no gateway knows which port is free")
	case r.Target.Secure() && !r.Gateway.TLS:
		list = append(list, "WSHEALTHZ_SERVE_CERT_FILE and WSHEALTHZ_SERVE_KEY_FILE, if the gateway speaks TLS to the server: it speaks it to both or to neither")
	}
	return list
}

// gatewayReady reports whether there is something to tell the gateway: a healthy server, and a port that is known.
func (r *Report) gatewayReady() bool { return r.Verdict.Healthy() && r.Gateway.Port != 0 }
