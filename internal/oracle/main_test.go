//go:build oracles

package oracle

import (
	"testing"

	"wshealthz/internal/testbed"
)

func TestMain(m *testing.M) { testbed.Main(m) }
