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
	wrong := regexp.MustCompile(`(?i)one push|seven annotations|all seven|healthcheckpolicies\.alb|leave them empty`)
	eachText(t, func(path, text string) {
		if found := wrong.FindString(text); found != "" {
			t.Errorf("%s says %q", path, found)
		}
	})
}

// eachText calls visit for each text that users of the charts and the examples read.
func eachText(t *testing.T, visit func(path, text string)) {
	t.Helper()
	for _, root := range []string{"..", "../../examples"} {
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
