package command

import (
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
)

// TestVersion: one line tells everything that somebody who builds the same program again needs to know.
func TestVersion(t *testing.T) {
	machine := runtime.Version() + ", " + runtime.GOOS + "/" + runtime.GOARCH
	for build, want := range map[Build]string{
		{"1.2.3", "0123abc"}: "wshealthz 1.2.3 (commit 0123abc, " + machine + ")\n",
		{"dev", ""}:          "wshealthz dev (commit unknown, " + machine + ")\n",
	} {
		for _, name := range []string{"version", "-version", "--version"} {
			var stdout, stderr strings.Builder
			if code := Run(t.Context(), build, []string{name}, os.Environ(), &stdout, &stderr); code != ExitOK || stdout.String() != want || stderr.Len() > 0 {
				t.Errorf("%s: exit %d, %q%q, want %q", name, code, stdout.String(), stderr.String(), want)
			}
		}
	}
}

// TestNewBuild: a stamp of the linker comes before what the go command recorded.
func TestNewBuild(t *testing.T) {
	if got := NewBuild("1.2.3", "0123abc"); got != (Build{"1.2.3", "0123abc"}) {
		t.Errorf("%+v, want what the linker stamped", got)
	}
	for want, settings := range map[string][]debug.BuildSetting{
		"":              {{Key: "GOOS", Value: "linux"}, {Key: "vcs.modified", Value: "true"}},
		"0123abc":       {{Key: "vcs.revision", Value: "0123abc"}, {Key: "vcs.modified", Value: "false"}},
		"0123abc-dirty": {{Key: "vcs.revision", Value: "0123abc"}, {Key: "vcs.modified", Value: "true"}},
	} {
		if got := recordedCommit(settings); got != want {
			t.Errorf("%v: %q, want %q", settings, got, want)
		}
	}
}
