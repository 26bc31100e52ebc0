package upgrade_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"wshealthz/internal/config"
	"wshealthz/upgrade"
)

// TestHintNames: every variable that a hint names is one.
func TestHintNames(t *testing.T) {
	for _, name := range regexp.MustCompile(`WSHEALTHZ_[A-Z_]*`).FindAllString(strings.Join(upgrade.AllHints(), "\n"), -1) {
		if !slices.ContainsFunc(config.Variables(), func(v config.Variable) bool { return v.Name == name }) {
			t.Errorf("%s is named and is not a variable", name)
		}
	}
}
