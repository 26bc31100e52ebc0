package probe

import (
	"strconv"
	"strings"
	"time"
)

// CertificateSoon is how long before its end a certificate is worth a warning.
const CertificateSoon = 14 * 24 * time.Hour

// A serverView is what surrounds the verdict: addresses, connections, certificates, annotations.
type serverView struct {
	Listens           Listens
	CallerConnections int
	ServerConnections int
	Draining          bool
	Certificates      []certificateView
	Annotations       string // YAML
	Example           bool   // the host in it is an example's
}

type certificateView struct {
	Whose, Ends, Left string
	Soon              bool
}

func (a *admin) viewServer(s Status) serverView {
	v := serverView{
		Listens: s.Listens, CallerConnections: s.CallerConnections, ServerConnections: s.ServerConnections, Draining: s.Draining,
		Annotations: annotationLines(s.Annotations), Example: strings.Contains(annotationLines(s.Annotations), `"`+ExampleHost+`"`),
	}
	for _, c := range []struct{ key, whose string }{{"server", "the server's"}, {"health", "the health listener's"}} {
		if end, found := s.Certificates[c.key]; found {
			v.Certificates = append(v.Certificates, viewCertificate(c.whose, end, s.Now))
		}
	}
	return v
}

func viewCertificate(whose string, end, now time.Time) certificateView {
	left := end.Sub(now)
	v := certificateView{Whose: whose, Ends: end.UTC().Format("2006-01-02 15:04 UTC"), Left: plural(int(left.Hours()/24), "day") + " left"}
	v.Soon = left < CertificateSoon
	switch {
	case left < 0:
		v.Left = "ended " + ago(now, end)
	case left < 24*time.Hour:
		v.Left = span(left) + " left"
	}
	return v
}

// annotationLines are the annotations as a manifest has them. YAML's double quotes take Go's escapes.
func annotationLines(list []Setting) string {
	var b strings.Builder
	b.WriteString("annotations:\n")
	for _, s := range list {
		b.WriteString("  " + s.Name + ": " + strconv.Quote(s.Value) + "\n")
	}
	return b.String()
}
