package admin

import (
	"context"
	"encoding/json"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"wshealthz/internal/doctor"
	"wshealthz/upgrade"
)

// statusOf gets /status, validates it against its schema and decodes it.
func statusOf(t *testing.T, o Options) (s statusJSON) {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	schema, err := compiler.Compile("testdata/status.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	answer := view(o, "GET", "/status", local)
	if kind := answer.Header().Get("Content-Type"); kind != "application/health+json" {
		t.Errorf("Content-Type %s", kind)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(answer.Body.String()))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("%v\n%s", err, answer.Body)
	}
	if err := json.Unmarshal(answer.Body.Bytes(), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestStatus: before the first verdict, healthy, each reason, draining; valid by the schema every time.
func TestStatus(t *testing.T) {
	next, draining := upgrade.Verdict{}, false
	request, o := recorded(t, func(context.Context) upgrade.Verdict { return next }, func(o *Options) { o.Draining = func() bool { return draining } })
	if s := statusOf(t, o); s.Status != "" || s.LastCaller != nil || s.LastFailure != nil || len(s.History) != 0 {
		t.Errorf("before the first verdict it is %+v", s)
	}
	for _, reason := range upgrade.Reasons() {
		if reason == upgrade.Canceled || reason == upgrade.Draining {
			continue
		}
		next = upgrade.NewVerdict(reason, "detail")
		next.Received, next.Peer, next.CertificateEnds = upgrade.Excerpt{Bytes: []byte("came")}, "127.0.0.1:1", time.Now().Add(time.Hour)
		next.Took[reason.Phase()] = 2 * time.Millisecond
		request("/health", "User-Agent", "a\xff\"<b>")
		s := statusOf(t, o)
		last := s.History[len(s.History)-1]
		if want := map[bool]string{true: "pass", false: "fail"}[reason == upgrade.OK]; s.Status != want || s.Reason != reason.String() || s.Phase != reason.Phase().String() || last.Reason != s.Reason {
			t.Errorf("%s makes %s %s %s, and the history %+v", reason, s.Status, s.Reason, s.Phase, last)
		}
		if f := s.LastFailure; reason != upgrade.OK && (f == nil || f.Reason != s.Reason || f.Received != `"came"` || !strings.HasPrefix(f.Sent, "GET /ws?… HTTP/1.1\r\n") || f.Hint == "") {
			t.Errorf("%s makes the last failure %+v", reason, f)
		}
	}
	draining = true
	o.Drain.Begin("wshealthz drain")
	if s := statusOf(t, o); s.Status != "fail" || s.Reason != "draining" || !s.Draining || s.Drain == nil || s.Drain.By != "wshealthz drain" || s.Drain.Over {
		t.Errorf("draining is %s %s %+v", s.Status, s.Reason, s.Drain)
	}
}

// TestStatusBuild: which program it is, and which Go built it.
func TestStatusBuild(t *testing.T) {
	_, o := recorded(t, healthy, func(o *Options) { o.Commit = "0123abc" })
	if s := statusOf(t, o); s.Version != o.Version || s.Commit != "0123abc" || s.GoVersion != runtime.Version() {
		t.Errorf("%q, commit %q, built with %q", s.Version, s.Commit, s.GoVersion)
	}
}

// TestStatusCallers: who asked, how often, and what they were told.
func TestStatusCallers(t *testing.T) {
	request, o := recorded(t, healthy)
	request("/health", "Host", "ws.contoso.com", "User-Agent", "Microsoft-Azure-Application-LB/AGC")
	request("/healthz", "Host", "ws.contoso.com", "User-Agent", "Microsoft-Azure-Application-LB/AGC")
	s := statusOf(t, o)
	if len(s.Callers) != 1 || s.LastCaller == nil {
		t.Fatalf("callers %+v", s.Callers)
	}
	if c := s.Callers[0]; c.Address != "127.0.0.1" || c.Requests != 2 || c.Answer != 404 || c.Path != "/healthz" || c.Host != "ws.contoso.com" {
		t.Errorf("the caller is %+v", c)
	}
}

// TestAnnotations: what the gateway needs for this configuration, with the name that it sends already.
func TestAnnotations(t *testing.T) {
	const prefix = "appgw.ingress.kubernetes.io/"
	request, o := recorded(t, healthy, func(o *Options) { o.Gateway.Timeout, o.Gateway.Path = 7500*time.Millisecond, "/up" })
	value := func(name string) string {
		t.Helper()
		list := statusOf(t, o).Annotations
		i := slices.IndexFunc(list, func(a doctor.Annotation) bool { return a.Name == prefix+name })
		if i < 0 {
			t.Fatalf("no annotation %s", name)
		}
		return list[i].Value
	}
	if len(statusOf(t, o).Annotations) != 8 || value("backend-protocol") != "http" || value("health-probe-path") != "/up" || value("health-probe-timeout") != "8" ||
		value("health-probe-interval") != "8" || value("health-probe-status-codes") != "200" {
		t.Errorf("annotations %+v", statusOf(t, o).Annotations)
	}
	request("/health", "Host", "127.0.0.1:10101")
	request("/health", "Host", "<script>")
	if got := value("health-probe-hostname"); got != "ws.example.com" {
		t.Errorf("the host is %s, want one that stands for the Ingress's", got)
	}
	request("/health", "Host", "ws.contoso.com:80", "User-Agent", "gateway")
	if got := value("health-probe-hostname"); got != "ws.contoso.com" {
		t.Errorf("the host is %s, want the one that the gateway sends", got)
	}
	for _, a := range statusOf(t, o).Annotations {
		want := ""
		if a.Name == prefix+"health-probe-hostname" {
			want = "sent by a caller, 127.0.0.1, not verified"
		}
		if a.Note != want {
			t.Errorf("%s has the note %q, want %q", a.Name, a.Note, want)
		}
	}
	if page, want := view(o, "GET", "/", local).Body.String(), "health-probe-hostname: ws.contoso.com # sent by a caller, 127.0.0.1, not verified\n"; !strings.Contains(page, want) {
		t.Errorf("the page does not say %s", want)
	}
	o.Gateway.TLS = true
	if got := value("backend-protocol"); got != "https" {
		t.Errorf("the protocol of an HTTPS listener is %s", got)
	}
}

// TestAnnotationsProtocol: a protocol that the server does not speak is not shown without a note, in /status and on the page.
func TestAnnotationsProtocol(t *testing.T) {
	for _, c := range []struct {
		target string
		tls    bool
		want   string
	}{
		{"ws://localhost:8888/", false, ""},
		{"wss://localhost:8888/", true, ""},
		{"wss://localhost:8888/", false, "the server speaks TLS (wss://)"},
		{"ws://localhost:8888/", true, "the gateway then speaks https to the server too"},
	} {
		_, o := recorded(t, healthy, func(o *Options) { o.Target, o.Gateway.TLS = target(t, c.target), c.tls })
		note := statusOf(t, o).Annotations[0].Note
		page := view(o, "GET", "/", local).Body.String()
		if !strings.HasPrefix(note, c.want) || (note == "") != (c.want == "") || !strings.Contains(page, note) {
			t.Errorf("%s, health listener over TLS %v: the note is %q, want one that begins %q, on the page too", c.target, c.tls, note, c.want)
		}
	}
}

// TestSentHost: whose Host is shown. It is never the kubelet's, and never one that got no verdict.
func TestSentHost(t *testing.T) {
	long := strings.Repeat("a", maxText)
	for _, c := range []struct {
		want string // host and sender
		set  func(*staged)
	}{
		{" ", func(*staged) {}},
		{"ws.contoso.com 10.225.0.5", func(s *staged) { s.gateway(200) }},
		{"ws.contoso.com 10.225.0.5", func(s *staged) { s.gateway(503); s.asks("203.0.113.9", "x", "evil.example", "/health", 1, 503, 0) }},
		{"ws.contoso.com 10.225.0.5", func(s *staged) { s.gateway(200); s.asks("203.0.113.9", "x", "evil.example", "/health", 100, 200, 0) }},
		{"evil.example 203.0.113.9", func(s *staged) { s.asks("203.0.113.9", "x", "evil.example:80", "/health", 1, 200, 0) }},
		{" ", func(s *staged) { s.asks("203.0.113.9", "x", "evil.example", "/", 9, 404, 0) }},
		{" ", func(s *staged) { s.asks("203.0.113.9", "x", "evil.example", "", 9, 400, 0) }},
		{" ", func(s *staged) { s.asks("10.240.0.1", "kube-probe/1.34", "pod.example", "/health", 9, 200, 0) }},
		{" ", func(s *staged) { s.asks("203.0.113.9", "x", long, "/health", 9, 200, 0) }},
		{" ", func(s *staged) { s.asks("203.0.113.9", "x", "a # b\nc: d", "/health", 9, 200, 0) }},
	} {
		g := newHandler(stage(t, scene{set: c.set})).snapshot().Gateway
		if got := g.Host + " " + g.Sender; got != c.want {
			t.Errorf("the host and its sender are %q, want %q", got, c.want)
		}
	}
}
