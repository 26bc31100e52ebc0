package charts

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// notesOf returns what Helm prints after an installation of websocket-server, which "helm template" does not.
func notesOf(t *testing.T, values string) string {
	t.Helper()
	dir := t.TempDir()
	if err := copyTree(dir, "../websocket-server"); err != nil {
		t.Fatal(err)
	}
	object := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: notes}\ndata:\n  notes: |\n    {{- include (print .Template.BasePath \"/NOTES.txt\") . | nindent 4 }}\n"
	if err := os.WriteFile(filepath.Join(dir, "templates", "notes.yaml"), []byte(object), 0o666); err != nil {
		t.Fatal(err)
	}
	return one[*corev1.ConfigMap](t, mustRender(t, helms(t)[0], dir, options{values: values})).Data["notes"]
}

// TestNotes checks what the notes tell after each step, and that they promise nothing which was not measured.
func TestNotes(t *testing.T) {
	const class, pushes = "without an Event", "updates the gateway's configuration, often several times"
	for over, want := range map[string][]string{
		"wshealthz: {enabled: false, probe: {enabled: false}}": {"in this order", "--set wshealthz.probe.enabled=true", pushes},
		"wshealthz: {probe: {enabled: false}}":                 {"Once the rollout is complete, and not before", pushes},
		"{}": {"on port 10101", class, "kubectl get ingressclass azure-application-gateway", "health-probe-status-codes=200-399", "adds hostname and path", pushes,
			"draining timeout, 3600 s (gateway.drainingTimeout), which is the longest"},
		"gateway: {drainingTimeout: 600}":                                                  {"draining timeout, 600 s: gateway.drainingTimeout, at most 3600, gives them longer"},
		"ingress: {className: '', annotations: {kubernetes.io/ingress.class: azure/ours}}": {class, "kubernetes.io/ingress.class is azure/ours"},
		"gateway: {kind: agc, create: true}":                                               {"a HealthCheckPolicy of your own"},
		"mesh: istio":                                                                      {"set meshStrict to true"},
		"gateway: {kind: none}":                                                            {"point the probe of yours at port 10101, path /health"},
	} {
		notes := notesOf(t, merged(t, on, over))
		for _, text := range want {
			if !strings.Contains(notes, text) {
				t.Errorf("%s: the notes lack %q:\n%s", over, text, notes)
			}
		}
		if strings.Contains(notes, "one push") {
			t.Errorf("%s: the notes promise one push", over)
		}
		for line := range strings.Lines(notes) {
			if strings.TrimRight(line, " \n") != strings.TrimRight(line, "\n") {
				t.Errorf("%s: %q ends in spaces", over, line)
			}
		}
	}
}
