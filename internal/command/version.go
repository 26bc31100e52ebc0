package command

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
)

// A Build tells which program this is. The version of Go is that of the runtime.
type Build struct {
	Version string // such as 1.2.3, or dev
	Commit  string // of the source, 40 hexadecimal digits, with -dirty after them when files were changed; "": not known
}

// NewBuild returns what the linker stamped. Without a commit it takes the one that the go command recorded, which it does in
// a git checkout, but not in go run, a test, or a container's build.
func NewBuild(version, commit string) Build {
	if info, ok := debug.ReadBuildInfo(); ok && commit == "" {
		commit = recordedCommit(info.Settings)
	}
	return Build{version, commit}
}

func recordedCommit(settings []debug.BuildSetting) string {
	commit, suffix := "", ""
	for _, s := range settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			suffix = "-dirty"
		}
	}
	if commit == "" {
		return ""
	}
	return commit + suffix
}

func printVersion(_ context.Context, i *invocation) int {
	commit := i.build.Commit
	if commit == "" {
		commit = "unknown"
	}
	fmt.Fprintf(i.stdout, "wshealthz %s (commit %s, %s, %s/%s)\n", i.build.Version, commit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return ExitOK
}
