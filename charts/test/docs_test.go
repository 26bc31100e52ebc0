package charts

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// kubeVersionOf returns the oldest Kubernetes that a chart accepts, such as 1.30.
func kubeVersionOf(t *testing.T, chart string) string {
	t.Helper()
	var meta struct{ KubeVersion string }
	if err := yaml.Unmarshal([]byte(read(t, "../"+chart+"/Chart.yaml")), &meta); err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`^>=(1\.\d+)\.0-0$`).FindStringSubmatch(meta.KubeVersion)
	if version == nil {
		t.Fatalf("%s has kubeVersion %q, want >=1.N.0-0", chart, meta.KubeVersion)
	}
	return version[1]
}

// injectorVersion returns the oldest Kubernetes with which the injector needs nothing else.
func injectorVersion(t *testing.T) string {
	t.Helper()
	version := regexp.MustCompile(`semverCompare ">=(1\.\d+)\.0-0"`).FindStringSubmatch(read(t, "../wshealthz-injector/templates/_values.tpl"))
	if version == nil {
		t.Fatal("the injector compares no version of Kubernetes")
	}
	return version[1]
}

// TestKubeVersions checks that charts and examples tell one minimum version each, and that Helm refuses an older one.
func TestKubeVersions(t *testing.T) {
	sidecar, injector := kubeVersionOf(t, "wshealthz"), injectorVersion(t)
	for _, chart := range []string{"websocket-server", "wshealthz-injector"} {
		if version := kubeVersionOf(t, chart); version != sidecar {
			t.Errorf("%s needs %s and its library %s", chart, version, sidecar)
		}
	}
	known := []string{sidecar, injector, kubeVersion[:strings.LastIndex(kubeVersion, ".")]}
	mentions := 0
	eachText(t, func(path, text string) {
		for _, mention := range regexp.MustCompile(`Kubernetes (1\.\d+)`).FindAllStringSubmatch(text, -1) {
			mentions++
			if !slices.Contains(known, mention[1]) {
				t.Errorf("%s says %s, want one of %v", path, mention[0], known)
			}
		}
	})
	if mentions < 8 {
		t.Errorf("%d mentions of a version of Kubernetes, want 8 at least", mentions)
	}
	_, err := renderText(t, helms(t)[0], "websocket-server", options{args: []string{"--kube-version", "1.29.9"}})
	if err == nil || !strings.Contains(err.Error(), "requires kubeVersion: >=1.30.0") {
		t.Errorf("Kubernetes 1.29: got %v, want a refusal", err)
	}
}

// TestDisproved checks that no text repeats what measurements with AGIC 1.9.8 and the CRDs themselves disproved.
func TestDisproved(t *testing.T) {
	wrong := regexp.MustCompile(`(?i)\b(one|a single) push|seven annotations|all seven|healthcheckpolicies\.alb|backendtlspolicies\.alb|leave them empty|443 (makes|means|is) https`)
	visited := 0
	eachText(t, func(path, text string) {
		visited++
		if found := wrong.FindString(text); found != "" {
			t.Errorf("%s says %q", path, found)
		}
	})
	if visited < 50 {
		t.Errorf("%d texts, want those of charts, examples and docs", visited)
	}
}

// TestWayBackIsWhole checks that a text with the status codes of the way back has hostname and path too: with status codes
// alone AGIC may choose another rule's on each sync. The chart websocket-server adds them.
func TestWayBackIsWhole(t *testing.T) {
	told := 0
	eachText(t, func(path, text string) {
		if !strings.Contains(text, `status-codes: "200-399`) {
			return
		}
		told++
		for _, name := range []string{"health-probe-hostname: ", "health-probe-path: "} {
			if !strings.Contains(text, name) {
				t.Errorf("%s has a way back without %s", path, name)
			}
		}
	})
	if told < 2 {
		t.Errorf("%d texts with a way back, want docs/agic.md and aks-agic at least", told)
	}
}

// TestDocumentedPolicies checks that the manifests of policies in the documents decode strictly.
func TestDocumentedPolicies(t *testing.T) {
	text := read(t, "../../docs/gateways.md")
	decoded := 0
	for _, block := range regexp.MustCompile("(?ms)^```yaml\n(apiVersion: (?:alb|networking)\\..*?)^```$").FindAllStringSubmatch(text, -1) {
		decoded += len(decodeStrict(t, block[1]))
	}
	if decoded < 3 {
		t.Errorf("%d manifests, want both HealthCheckPolicies and the BackendTLSPolicy at least", decoded)
	}
}

// eachText calls visit for each text that users of the charts and the examples read.
func eachText(t *testing.T, visit func(path, text string)) {
	t.Helper()
	for _, root := range []string{"..", "../../examples", "../../docs", "../../README.md"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && slices.Contains([]string{"../test", "../../examples/servers"}, path):
				return filepath.SkipDir
			case entry.IsDir() || !slices.Contains([]string{".md", ".yaml", ".tpl", ".txt"}, filepath.Ext(path)):
				return nil
			}
			text, err := os.ReadFile(path)
			visit(path, string(text))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
