package config

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"wshealthz/internal/testbed"
	"wshealthz/upgrade"
)

// BenchmarkGet is a look at a file that did not change, as each probe takes one.
func BenchmarkGet(b *testing.B) {
	path := filepath.Join(b.TempDir(), "file")
	testbed.WriteFile(b, path, strings.Repeat("text", 100))
	r, err := newReloader(&Config{Log: zap.NewNop(), Target: upgrade.Target{Timeout: time.Minute}}, []*Variable{{Name: "X", value: &path}}, func([][]byte) (int, error) { return 1, nil })
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if r.get() != 1 {
			b.Fatal("another value")
		}
	}
}
