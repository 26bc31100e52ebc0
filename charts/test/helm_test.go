package charts

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// kubeVersion is the version of Kubernetes for which the charts are rendered. Helm's default depends on how Helm was built.
const kubeVersion = "1.37.2"

// TestMain puts all temporary files of a run into one directory, and removes it.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "wshealthz-charts-")
	if err != nil {
		panic(err)
	}
	os.Setenv("TMPDIR", dir)
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// helm is one version of Helm. Each works on its own copy of the charts and the examples, because "helm dependency build"
// writes into a chart's directory, and each version writes other files.
type helm struct {
	name string // v3 or v4
	path string // of the executable
	copy string // directory with charts/ and examples/
}

// helms returns the versions of Helm that .ci/tools/go.mod pins. They are built once, into Go's build cache.
func helms(t *testing.T) []helm {
	t.Helper()
	found, err := findHelms()
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// eachHelm runs a test once for each version of Helm.
func eachHelm(t *testing.T, test func(*testing.T, helm)) {
	for _, h := range helms(t) {
		t.Run(h.name, func(t *testing.T) { test(t, h) })
	}
}

var findHelms = sync.OnceValues(func() (found []helm, err error) {
	for _, name := range []string{"v4", "v3"} {
		path, err := output(exec.Command("go", "tool", "-modfile=../../.ci/tools/go.mod", "-n", "helm.sh/helm/"+name+"/cmd/helm"))
		if err != nil {
			return nil, err
		}
		h := helm{name: name, path: strings.TrimSpace(path)}
		if h.copy, err = os.MkdirTemp("", name+"-"); err != nil {
			return nil, err
		}
		for _, dir := range []string{"charts", "examples"} {
			if err := copyTree(filepath.Join(h.copy, dir), filepath.Join("../..", dir)); err != nil {
				return nil, err
			}
		}
		found = append(found, h)
	}
	return found, nil
})

// run runs Helm isolated from the machine: without its configuration, a cluster or the network. The error of a failed command
// has what Helm printed.
func (h helm) run(args ...string) (string, error) {
	home := filepath.Join(h.copy, "home")
	cmd := exec.Command(h.path, args...)
	cmd.Env = []string{
		"HOME=" + home, "TMPDIR=" + os.TempDir(), "KUBECONFIG=" + filepath.Join(home, "none"),
		"HELM_CACHE_HOME=" + home, "HELM_CONFIG_HOME=" + home, "HELM_DATA_HOME=" + home,
		"HTTP_PROXY=http://127.0.0.1:9", "HTTPS_PROXY=http://127.0.0.1:9",
	}
	return output(cmd)
}

// output returns what cmd prints on stdout, or an error with what it printed on both.
func output(cmd *exec.Cmd) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		said := strings.TrimSpace(stderr.String() + "\n" + stdout.String())
		return "", fmt.Errorf("%s %s: %w: %s", filepath.Base(cmd.Path), cmd.Args[1], err, said)
	}
	return stdout.String(), nil
}

// copyTree copies a directory, except for what is not the chart's: dependencies that were built or installed there, and Go
// modules.
func copyTree(to, from string) error {
	return filepath.WalkDir(from, func(path string, entry os.DirEntry, err error) error {
		if errors.Is(err, os.ErrNotExist) {
			return nil // a temporary file, already removed
		} else if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		_, inChart := os.Stat(filepath.Join(filepath.Dir(path), "Chart.yaml"))
		_, isModule := os.Stat(filepath.Join(path, "go.mod")) // charts/test
		switch name := entry.Name(); {
		case entry.IsDir() && (name == "node_modules" || name == "charts" && inChart == nil || isModule == nil):
			return filepath.SkipDir
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(to, rel), 0o777)
		case !entry.Type().IsRegular():
			return fmt.Errorf("%s is not a regular file", path)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), text, 0o666)
	})
}
