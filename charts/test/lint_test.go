package charts

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// TestLint lints and renders each chart with each of its ci/*.yaml, which set the values that it requires.
func TestLint(t *testing.T) {
	eachHelm(t, func(t *testing.T, h helm) {
		charts, err := filepath.Glob("../*/Chart.yaml")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range charts {
			chart := filepath.Base(filepath.Dir(file))
			t.Run(chart, func(t *testing.T) {
				if err := lint(t, h, chart); err != nil {
					t.Error(err)
				}
			})
		}
	})
}

// lint lints a library chart once, and an application chart once for each ci/*.yaml, of which it must have at least one.
func lint(t *testing.T, h helm, chart string) error {
	dir := h.place(t, chart)
	library, err := isLibrary(dir)
	if err != nil {
		return err
	}
	if library {
		_, err := h.run("lint", dir, "--strict", "--kube-version", kubeVersion)
		return err
	}
	files, err := filepath.Glob(filepath.Join(dir, "ci", "*.yaml"))
	if err == nil && len(files) == 0 {
		return fmt.Errorf("%s has no ci/*.yaml to lint and render it with", chart)
	}
	for _, file := range files {
		_, fault := h.run("lint", dir, "--strict", "--kube-version", kubeVersion, "--values", file)
		objects, refused := render(t, h, chart, options{args: []string{"--values", file}})
		if fault = errors.Join(fault, refused, check(objects)); fault != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", filepath.Base(file), fault))
		}
	}
	return err
}

func isLibrary(dir string) (bool, error) {
	text, err := os.ReadFile(filepath.Join(dir, "Chart.yaml"))
	if err != nil {
		return false, err
	}
	var chart struct{ Type string }
	err = yaml.Unmarshal(text, &chart)
	return chart.Type == "library", err
}

// sample is a chart that depends on another one.
var sample = map[string]string{
	"Chart.yaml":               "apiVersion: v2\nname: sample\nversion: 1.0.0\ndependencies: [{name: part, version: 1.0.0, repository: \"file://part\"}]\n",
	"part/Chart.yaml":          "apiVersion: v2\nname: part\nversion: 1.0.0\ntype: library\n",
	"part/templates/_part.tpl": "{{ define \"part\" }}{{ .Capabilities.KubeVersion }}{{ end }}\n",
	"ci/minimal.yaml":          "port: 1\n",
	"templates/service.yaml": `apiVersion: v1
kind: Service
metadata: {name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}, labels: {kube: {{ include "part" . | quote }}}}
spec: {ports: [{port: {{ required "port is required" .Values.port }}}]}
{{ if .Capabilities.APIVersions.Has "x/v1" }}{{ fail "x/v1 is here" }}{{ end }}
`,
}

func TestRender(t *testing.T) {
	chart := tempChart(t, sample)
	eachHelm(t, func(t *testing.T, h helm) {
		if err := lint(t, h, chart); err != nil {
			t.Error(err)
		}
		text, err := renderText(t, h, chart, options{release: "r", namespace: "x", values: "port: 1", set: []string{"port=2"}})
		if err != nil {
			t.Fatal(err)
		}
		golden(t, "sample", text)
		service := one[*corev1.Service](t, mustRender(t, h, chart, options{set: []string{"port=3"}}))
		if service.Namespace != "default" || service.Name != "demo" || service.Spec.Ports[0].Port != 3 {
			t.Errorf("got %v, want demo in default with port 3", service)
		}
		for want, opts := range map[string]options{
			"port is required":      {},
			"x/v1 is here":          {values: "port: 1", apis: []string{"x/v1"}},
			"did not find expected": {values: "{port"},
			"unknown flag":          {args: []string{"--nothing"}},
		} {
			if _, err := render(t, h, chart, opts); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %s", err, want)
			}
		}
	})
}

func TestLintRefuses(t *testing.T) {
	eachHelm(t, func(t *testing.T, h helm) {
		for want, change := range map[string]map[string]string{
			"has no ci/*.yaml":       {"ci/minimal.yaml": ""},
			"port is required":       {"ci/second.yaml": "ports: 1\n"},
			"port 70000":             {"ci/second.yaml": "port: 70000\n"},
			"chart.metadata.version": {"Chart.yaml": "apiVersion: v2\nname: sample\n"},
		} {
			files := map[string]string{}
			for _, from := range []map[string]string{sample, change} {
				for name, text := range from {
					files[name] = text
				}
			}
			if files["ci/minimal.yaml"] == "" {
				delete(files, "ci/minimal.yaml")
			}
			if err := lint(t, h, tempChart(t, files)); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %s", err, want)
			}
		}
	})
}
