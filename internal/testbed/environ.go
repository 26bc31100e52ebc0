package testbed

import (
	"os"
	"strings"
	"testing"
)

// variablePrefix begins the names of wshealthz's variables. Not config.Prefix: the tests of package config use this package.
const variablePrefix = "WSHEALTHZ_"

// Setenv sets these variables of wshealthz, named without their prefix, and unsets all others of its own until the test
// ends.
func Setenv(t testing.TB, variables map[string]string) {
	t.Helper()
	for _, entry := range os.Environ() {
		if name, value, _ := strings.Cut(entry, "="); strings.HasPrefix(name, variablePrefix) {
			t.Setenv(name, value) // restores it at the end
			os.Unsetenv(name)
		}
	}
	for name, value := range variables {
		t.Setenv(variablePrefix+name, value)
	}
}
