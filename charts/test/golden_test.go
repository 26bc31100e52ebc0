package charts

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/golden instead of comparing with it")

// golden compares got with testdata/golden/NAME.yaml, byte for byte. With -update it writes that file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name+".yaml")
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if err := compare(file, got); err != nil {
		t.Error(err)
	}
}

// compare returns an error that names the first line in which got differs from a file.
func compare(file, got string) error {
	want, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("%w (to create it: go test -update)", err)
	}
	if got == string(want) {
		return nil
	}
	wants, gots := strings.SplitAfter(string(want), "\n"), strings.SplitAfter(got, "\n")
	n := 0
	for n < len(wants)-1 && n < len(gots)-1 && wants[n] == gots[n] {
		n++
	}
	return fmt.Errorf("%s:%d: got %q, want %q (if this is intended: go test -update)", file, n+1, gots[n], wants[n])
}

func TestGolden(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.yaml")
	if err := os.WriteFile(file, []byte("a: 1\nb: 2\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := compare(file, "a: 1\nb: 2\n"); err != nil {
		t.Error(err)
	}
	for got, want := range map[string]string{
		"a: 1\nb: 3\n":     `x.yaml:2: got "b: 3\n", want "b: 2\n"`,
		"a: 1\nb: 2":       `x.yaml:2: got "b: 2", want "b: 2\n"`,
		"a: 1\nb: 2\nc: 3": `x.yaml:3: got "c: 3", want ""`,
		"":                 `x.yaml:1: got "", want "a: 1\n"`,
		"a: 1\n":           `x.yaml:2: got "", want "b: 2\n"`,
		"a: 1\r\nb: 2\r\n": `x.yaml:1: got "a: 1\r\n", want "a: 1\n"`,
	} {
		if err := compare(file, got); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", got, err, want)
		}
	}
	if err := compare(file+"x", ""); err == nil {
		t.Error("a missing golden file is not an error")
	}
}
