package charts

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"sigs.k8s.io/yaml"
)

// options are those of "helm template". The zero value renders a chart with its defaults.
type options struct {
	release   string   // demo
	namespace string   // default
	values    string   // YAML of a values file
	set       []string // KEY=VALUE of --set, which override values
	apis      []string // --api-versions, such as gateway.networking.k8s.io/v1/HTTPRoute
	args      []string // more flags, such as --is-upgrade
}

// render runs "helm template" and decodes its output. The error is Helm's, from a chart that refuses its values. Output that
// does not decode fails the test, so that it cannot pass for a refusal.
//
// chart is a directory relative to charts/, or an absolute one, such as tempChart's, which is first copied next to the others,
// so that a dependency on file://../wshealthz resolves.
func render(t *testing.T, h helm, chart string, opts options) ([]object, error) {
	t.Helper()
	text, err := renderText(t, h, chart, opts)
	if err != nil {
		return nil, err
	}
	return decodeStrict(t, text), nil
}

// mustRender renders a chart, and fails the test if that fails or the objects violate the invariants.
func mustRender(t *testing.T, h helm, chart string, opts options) []object {
	t.Helper()
	objects, err := render(t, h, chart, opts)
	if err != nil {
		t.Fatal(err)
	}
	invariants(t, objects)
	return objects
}

// renderText returns what "helm template" prints, in the form that golden compares.
func renderText(t *testing.T, h helm, chart string, opts options) (string, error) {
	t.Helper()
	args := []string{"template", cmp.Or(opts.release, "demo"), h.place(t, chart), "--namespace", cmp.Or(opts.namespace, "default"),
		"--kube-version", kubeVersion}
	if opts.values != "" {
		args = append(args, "--values", h.valuesFile(t, opts.values))
	}
	for _, pair := range opts.set {
		args = append(args, "--set", pair)
	}
	for _, api := range opts.apis {
		args = append(args, "--api-versions", api)
	}
	text, err := h.run(append(args, opts.args...)...)
	return betweenDocuments.ReplaceAllString(text, "\n$1"), err
}

// betweenDocuments matches the empty lines that Helm 4 leaves between documents and Helm 3 does not.
var betweenDocuments = regexp.MustCompile(`\n+(---\n|$)`)

// valuesFile writes values to a file. Its path has no comma, at which Helm would split it.
func (h helm) valuesFile(t *testing.T, values string) string {
	t.Helper()
	file, err := os.CreateTemp(h.copy, "values-*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteString(values); err != nil {
		t.Fatal(err)
	}
	return file.Name()
}

// place returns the directory of a chart in h's copy, with its dependencies built.
func (h helm) place(t *testing.T, chart string) string {
	t.Helper()
	dir := filepath.Join(h.copy, "charts", chart)
	if filepath.IsAbs(chart) {
		var err error
		if dir, err = os.MkdirTemp(filepath.Join(h.copy, "charts"), "temp-"); err != nil {
			t.Fatal(err)
		}
		if err := copyTree(dir, chart); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.dependencies(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// built maps each chart directory of a copy to a func() error made by sync.OnceValue.
var built sync.Map

// dependencies builds the dependencies of a chart once, and before them their own: Helm packs a directory as it is.
func (h helm) dependencies(dir string) error {
	once, _ := built.LoadOrStore(dir, sync.OnceValue(func() error { return h.build(dir) }))
	return once.(func() error)()
}

func (h helm) build(dir string) error {
	text, err := os.ReadFile(filepath.Join(dir, "Chart.yaml"))
	if err != nil {
		return err
	}
	var chart struct{ Dependencies []struct{ Repository string } }
	if err := yaml.Unmarshal(text, &chart); err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	if len(chart.Dependencies) == 0 {
		return nil
	}
	for _, d := range chart.Dependencies {
		if path, local := strings.CutPrefix(d.Repository, "file://"); local && !filepath.IsAbs(path) {
			if err := h.dependencies(filepath.Join(dir, path)); err != nil {
				return err
			}
		}
	}
	_, err = h.run("dependency", "build", dir)
	return err
}

// tempChart writes a chart for one test, from a map of paths in the chart to contents, and returns its directory.
func tempChart(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
