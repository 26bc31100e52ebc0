package probe

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"os"
	"sync"

	"go.uber.org/zap"
)

var (
	//go:embed page.html
	pageHTML string
	//go:embed page.css
	pageCSS string
)

// pageTemplate is parsed at the first view: memory at rest is for those who never look.
var pageTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Parse(pageHTML))
})

// pagePolicy lets the page have its one style and its icon, and nothing else: no script, no request, no frame around it.
var pagePolicy = sync.OnceValue(func() string {
	hash := sha256.Sum256([]byte(pageCSS))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'; img-src data:; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
})

// A pageView is what page.html shows. All of it is text: what may be markup is decided there alone.
type pageView struct {
	CSS     template.CSS
	Machine string // the pod's name, in Kubernetes
	Version string
	Target  string
	Clock   string // when this was made
	Up      string // how long this program runs
	Held    bool   // the page does not refresh itself

	Verdict  verdictView
	Askers   askersView
	Strip    stripView
	Failure  *failureView
	Server   serverView
	Settings []Setting
}

// servePage shows a person what /status tells. "?hold" is the page that stays as it is.
func (a *admin) servePage(w http.ResponseWriter, r *http.Request) {
	var body bytes.Buffer
	if err := pageTemplate().Execute(&body, a.pageView(a.status(), r.URL.Query().Has("hold"))); err != nil {
		a.Log.Error("cannot show the page", zap.Error(err))
		answer(w, r, http.StatusInternalServerError, "the page cannot be shown, see the log and /status")
		return
	}
	header := w.Header()
	header.Set("Content-Security-Policy", pagePolicy())
	header.Set("Referrer-Policy", "no-referrer")
	write(w, r, "text/html; charset=utf-8", body.Bytes())
}

func (a *admin) pageView(s Status, held bool) pageView {
	machine, _ := os.Hostname()
	v := pageView{
		CSS: template.CSS(pageCSS), Machine: own(machine), Version: own(s.Version), Target: own(s.Target),
		Clock: clock(s.Now), Up: span(s.Now.Sub(s.Started)), Held: held,
		Verdict: viewVerdict(s), Askers: a.viewAskers(s), Strip: viewStrip(s.History),
		Failure: viewFailure(s), Server: a.viewServer(s),
	}
	for _, setting := range s.Settings {
		v.Settings = append(v.Settings, Setting{setting.Name, own(setting.Value)})
	}
	return v
}
