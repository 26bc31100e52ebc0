//go:build !windows

package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// A workflow is a file of .github/workflows, as far as the tests here look at it.
type workflow struct {
	Permissions map[string]string
	Env         map[string]string
	Jobs        map[string]struct {
		Permissions map[string]string
		Uses        string
		Steps       []struct {
			Uses string
			With map[string]any
		}
	}
}

// readWorkflows returns the workflows by their file names.
func readWorkflows(t *testing.T) map[string]workflow {
	t.Helper()
	files, err := filepath.Glob(".github/workflows/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d workflows (%v)", len(files), err)
	}
	found := map[string]workflow{}
	for _, file := range files {
		var w workflow
		if err := yaml.Unmarshal([]byte(readDoc(t, file)), &w); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		found[filepath.Base(file)] = w
	}
	return found
}

// pinned matches an action of a major version, of one version, or of a commit, and a workflow of this repository.
var pinned = regexp.MustCompile(`^(\./.+|[\w-]+/[\w-]+@(v\d+(\.\d+\.\d+)?|[0-9a-f]{40}))$`)

// TestWorkflows: no action is taken from a branch, and a job may read the source and nothing else, unless it says why it needs
// more.
func TestWorkflows(t *testing.T) {
	may := map[string]string{
		"release.yml archives": "attestations: write, contents: read, id-token: write",
		"release.yml image":    "attestations: write, contents: read, id-token: write, packages: write",
		"release.yml charts":   "attestations: write, contents: read, id-token: write, packages: write",
		"release.yml publish":  "contents: write",
	}
	for file, w := range readWorkflows(t) {
		if got := permissions(w.Permissions); got != "contents: read" {
			t.Errorf("%s may do %q, want \"contents: read\" for what does not say otherwise", file, got)
		}
		for name, job := range w.Jobs {
			if got := permissions(job.Permissions); got != may[file+" "+name] {
				t.Errorf("%s: the job %s may do %q, want %q", file, name, got, may[file+" "+name])
			}
			if job.Uses != "" && !pinned.MatchString(job.Uses) {
				t.Errorf("%s: the job %s uses %s, which is not pinned", file, name, job.Uses)
			}
			for _, step := range job.Steps {
				if step.Uses != "" && !pinned.MatchString(step.Uses) {
					t.Errorf("%s: the job %s uses %s, which is not pinned", file, name, step.Uses)
				}
			}
		}
	}
}

func permissions(of map[string]string) string {
	var list []string
	for _, scope := range slices.Sorted(maps.Keys(of)) {
		list = append(list, scope+": "+of[scope])
	}
	return strings.Join(list, ", ")
}

// TestReleasePlatforms: the image runs wherever the archives for Linux do.
func TestReleasePlatforms(t *testing.T) {
	release := readWorkflows(t)["release.yml"]
	var image []string
	for _, step := range release.Jobs["image"].Steps {
		if list, ok := step.With["platforms"].(string); ok {
			image = strings.Split(list, ",")
		}
	}
	archives := regexp.MustCompile(`\blinux/[a-z0-9/]+`).FindAllString(readDoc(t, ".ci/archives"), -1)
	if len(image) == 0 || !slices.Equal(image, archives) {
		t.Errorf("the image is for %q, the archives are for %q", image, archives)
	}
	if got, want := release.Env["REGISTRY"], "${{ vars.REGISTRY || 'ghcr.io' }}"; got != want {
		t.Errorf("the registry is %q, want the variable: %q", got, want)
	}
}

// TestReleaseNotes: a tag that does not fit the tree publishes nothing; one that fits says what is new, and how to verify it.
func TestReleaseNotes(t *testing.T) {
	const changelog = "# Changelog\n\n## [1.2.3] - %s\n\nWhat is new.\n\n## [1.2.2] - 2026-01-01\n\nWhat was new.\n"
	for name, c := range map[string]struct {
		version, date string
		args          []string
		want, not     string // of the output
		fails         bool
	}{
		"check":             {"1.2.3", "2026-12-31", nil, "What is new.", "What was new.", false},
		"notes":             {"1.2.3", "2026-12-31", []string{"registry.example/wshealthz@sha256:0", "oci://registry.example/charts", "https://git.example/us/wshealthz"}, "cosign verify registry.example/wshealthz@sha256:0 ", "What was new.", false},
		"repository":        {"1.2.3", "2026-12-31", []string{"i", "c", "https://git.example/us/wshealthz"}, "--repo us/wshealthz\n", "What was new.", false},
		"another version":   {"1.2.4", "2026-12-31", nil, "the tag says 1.2.4, charts/wshealthz/Chart.yaml says version: 1.2.3", "new", true},
		"unreleased":        {"1.2.3", "unreleased", nil, `CHANGELOG.md has "## [1.2.3] - unreleased", want the date of the release`, "new", true},
		"too few arguments": {"1.2.3", "2026-12-31", []string{"i"}, "want release-notes VERSION", "new", true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range map[string]string{
				".ci/release-notes": readDoc(t, ".ci/release-notes"), "CHANGELOG.md": fmt.Sprintf(changelog, c.date),
				"charts/wshealthz/Chart.yaml": "apiVersion: v2\nversion: 1.2.3\n",
			} {
				path := filepath.Join(dir, file)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			out, err := exec.Command("bash", append([]string{filepath.Join(dir, ".ci/release-notes"), c.version}, c.args...)...).CombinedOutput()
			if (err != nil) != c.fails || !strings.Contains(string(out), c.want) || strings.Contains(string(out), c.not) {
				t.Errorf("%v, and it says\n%s\nwant %q without %q", err, out, c.want, c.not)
			}
		})
	}
}
